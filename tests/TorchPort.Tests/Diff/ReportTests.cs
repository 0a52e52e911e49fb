using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TorchPort.Tests;
using static NotebookDiff.Tests.LearnersNotebook;

namespace NotebookDiff.Tests;

/// <summary>What is said of a difference.</summary>
public class ReportTests
{
    [Fact]
    public void Below_a_run_that_differs_stand_its_lines_and_only_the_numbers_differ()
    {
        var (exitCode, said) = Answer(SgdPrinted.With("0.974, Cost", "0.975 cost"));

        Assert.Equal(1, exitCode);
        Assert.Equal("""
            In [1]  SGD, lr 0.15, epochs 0 to 10: 1 of 11 lines differs, at epoch 4
            --- mine.ipynb, In [1]
            +++ the port
            -Epoch    4/10 W: 0.975 cost: 0.003058
            +Epoch    4/10 W: 0.974 cost: 0.003058

            """.ReplaceLineEndings("\n"), said);
    }

    [Theory]
    [InlineData("0.001", 0, "same numbers within 0.001, 11 lines")]
    [InlineData("0.0009", 1, "1 of 11 lines differs by more than 0.0009, at epoch 4")]
    public void A_tolerance_covers_numbers_that_far_apart(string tolerance, int exitCode, string verdict)
    {
        var answer = Answer(SgdPrinted.With("0.974, Cost", "0.975 cost"), new(Tolerance: decimal.Parse(tolerance)));

        Assert.Equal(exitCode, answer.ExitCode);
        Assert.EndsWith(verdict, answer.Said.Split('\n')[0], StringComparison.Ordinal);
    }

    [Fact]
    public void With_exact_the_distance_is_told_in_units_in_the_last_place()
    {
        var exact = new Strictness(Exact: true);
        var printed = Start.Port("--device", "cpu", "--cell", "3", "--exact").Stdout;

        Assert.EndsWith(": identical to the last bit, 11 lines\n", Answer(printed, exact).Said, StringComparison.Ordinal);
        var otherWords = Answer(printed.With("Cost", "loss"), exact).Said.Split('\n')[0];
        Assert.EndsWith(": same bits, different wording, 11 lines", otherWords, StringComparison.Ordinal);
        var twoUnits = Answer(printed.With("W: 1.4000001", "W: 1.40000033"), exact).Said.Split('\n')[0];
        Assert.EndsWith("differs, at epoch 1, at most 2 units in the last place apart", twoUnits, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_only_words_differ_the_first_pair_of_lines_is_shown() =>
        Assert.Equal("""
            In [1]  SGD, lr 0.15, epochs 0 to 10: same numbers, different wording, 11 lines
            --- mine.ipynb, In [1]
            +++ the port
            -Epoch    4/10 W: 0.974 Cost: 0.003058
            +Epoch    4/10 W: 0.974, Cost: 0.003058
            --numbers ignores the wording.

            """.ReplaceLineEndings("\n"), Answer(SgdPrinted.With("0.974,", "0.974")).Said);

    [Theory]
    [InlineData("", "NameError", "In [1]  trains, but recorded nothing\nIn [1] ended in an error: NameError\n")]
    [InlineData("Epoch    0/10 W: 0.000, Cost: 4.666667", "NameError", "In [1] ended in an error: NameError\n")]
    public void Of_a_cell_that_raised_it_is_said_that_it_ended_in_an_error(string printed, string ename, string says)
    {
        var notebook = JsonNode.Parse(new LearnersNotebook().Cell(Sgd, printed ?? "").Json())!;
        notebook["cells"]![0]!["outputs"]!.AsArray().Add(new JsonObject { ["output_type"] = "error", ["ename"] = ename });

        Assert.EndsWith(says, Judged.Notebook(notebook.ToJsonString()).Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void So_many_epochs_that_they_would_take_hours_are_refused() =>
        Judged.Notebook(new LearnersNotebook().Cell(Sgd, "Epoch 2000000000/2000000000 W: 1.000, Cost: 0.000000").Json())
            .Refused(2, "epoch 2,000,000,000 is too far", lines: 1);

    [Fact]
    public void A_second_line_for_an_epoch_is_not_passed_over()
    {
        var (exitCode, said) = Answer("Epoch   10/10 W: 1.000, Cost: 0.000000\nEpoch   10/10 W: 7.000, Cost: 99");

        Assert.Equal(1, exitCode);
        Assert.Contains("epoch 10: 1 of 1 line differs, at epoch 10", said, StringComparison.Ordinal);
    }

    // Outputs that the code above them cannot have printed: it was edited, and not run again.
    [Theory]
    [InlineData("lr=0.05", "10 of 11 lines differ, first at epoch 1", "The numbers of In [1] are those of by hand at lr 0.1.")]
    [InlineData("lr=0.1", "8 of 11 lines differ, first at epoch 1", "The numbers of In [1] are those of by hand at lr 0.1.")]
    public void Stale_lines_differ_and_the_settings_that_fit_are_named(string rate, string differ, string says)
    {
        var (exitCode, said) = Answer(ByHandPrinted, source: Sgd.With("lr=0.15", rate));

        Assert.Equal(1, exitCode);
        Assert.Contains(differ, said, StringComparison.Ordinal);
        Assert.Contains(says, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Cost: 4.666667", "Cost: 4.566667", "epoch 0")]
    [InlineData("W: 0.000", "W: 0.100", "epoch 0")]
    [InlineData("Cost: 0.746667", "Cost: 0.846667", "epoch 1")]
    public void A_run_of_which_one_line_was_edited_is_of_this_exercise_all_the_same(string right, string wrong, string where)
    {
        var edited = SgdPrinted.With(right, wrong);
        var twoLines = string.Join('\n', edited.Split('\n')[..2]);

        Assert.Contains($"1 of 11 lines differs, at {where}\n", Answer(edited).Said);
        Assert.Contains($"1 of 2 lines differs, at {where}\n", Answer(twoLines).Said);
    }

    [Theory]
    [InlineData(2, "Not compared: 2 lines of In [1], 2 lines of In [2]\n")]
    [InlineData(6, "Not compared: 12 lines of 6 cells\n")]
    public void Lines_of_many_cells_are_summed_up(int cells, string says)
    {
        var notebook = new LearnersNotebook();
        Enumerable.Range(0, cells).ToList().ForEach(_ => notebook.Cell("print(1)", "1\n1\n"));

        Assert.Equal(says, Judged.Notebook(notebook.Json()).Stdout);
    }

    [Theory]
    [InlineData("    optimizer.step()", "step()")]
    [InlineData("    optimizer.zero_grad()\n", "zero_grad()")]
    public void Code_that_cannot_train_so_is_not_compared_with_lines_that_it_did_not_print(string line, string call) =>
        Assert.EndsWith(
            $"not compared: SGD without {call}, which the port does not have\n",
            Answer(SgdPrinted, source: Sgd.With(line, "")).Said);

    [Fact]
    public void Lines_of_the_sum_are_not_those_of_the_mean()
    {
        var source = ByHand.With("torch.sum(", "2 * torch.mean(");

        Assert.Contains("by hand with SGD's steps, lr 0.1, epochs 0 to 10: 8 of 11", Answer(ByHandPrinted, source: source).Said);
    }

    [Fact]
    public void An_epoch_that_is_missing_is_no_identical_run()
    {
        var (exitCode, said) = Answer(SgdPrinted.With("Epoch    4/10 W: 0.974, Cost: 0.003058\n", ""));

        Assert.Equal(1, exitCode);
        Assert.EndsWith("identical, 10 lines, epoch 4 is missing\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_learning_rate_that_is_in_no_code_is_never_enough()
    {
        var (exitCode, said) = Answer(SgdPrinted, source: Sgd.With("lr=0.15", "lr=float(input())"));

        Assert.Equal(1, exitCode);
        Assert.EndsWith("The code leaves doubt about its learning rate. Give it with --lr.\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_diff_is_cut_and_all_of_it_can_be_had()
    {
        var printed = string.Concat(Enumerable.Range(2, 1000).Select(epoch => $"Epoch {epoch} W: 5 Cost: 5\n"));

        var cut = Answer(printed).Said.TrimEnd().Split('\n');
        Assert.Equal(44, cut.Length);
        Assert.Equal("... --all shows all 1000 lines that differ", cut[^1]);
        Assert.Equal(2003, Answer(printed, all: true).Said.TrimEnd().Split('\n').Length);
    }

    [Fact]
    public void Control_characters_are_shown_and_not_obeyed()
    {
        var said = Answer("Epoch 2 \e[31m W: 5 Cost: 5\a\n").Said;

        Assert.Contains("-Epoch 2 \ufffd[31m W: 5 Cost: 5\ufffd\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_runs_in_a_cell_each_is_told()
    {
        var said = Answer(SgdPrinted.With("0.974", "0.975") + SgdPrinted).Said;

        Assert.Equal(2, Regex.Count(said, @"(?m)^In \[1\]  SGD"));
        Assert.Contains("identical, 11 lines", said, StringComparison.Ordinal);
    }

    private static (int ExitCode, string Said) Answer(
        string printed, Strictness? strictness = null, string? source = null, bool all = false)
    {
        var notebook = new LearnersNotebook().Cell(source ?? Sgd, printed);
        var outcome = Judged.Notebook(notebook.Json(), strictness, learningRate: null, all);
        return (outcome.ExitCode, outcome.Stdout);
    }
}
