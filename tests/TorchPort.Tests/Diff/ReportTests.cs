using System.Text.Json.Nodes;
using TorchPort.Tests;
using static NotebookDiff.Tests.LearnersNotebook;

namespace NotebookDiff.Tests;

/// <summary>What is said of a cell whose code or lines were edited, and its exit code.</summary>
public class ReportTests
{
    private static readonly string s_edited = SgdPrinted.With("0.974, Cost", "0.975 cost");
    private static readonly string s_sgdExact = "Epoch    0" + Start.Data("pytorch-1.13-cpu-exact.txt").Split("Epoch    0")[^1];

    // The cell's code, what it printed, and the end of the verdict.
    public static TheoryData<string, string, string> Edits { get; } = new()
    {
        // A run of which one line was edited is of this exercise all the same.
        { Sgd, SgdPrinted.With("Cost: 4.666667", "Cost: 4.566667"), "1 of 11 lines differs, at epoch 0" },
        { Sgd, SgdPrinted.With("W: 0.000", "W: 0.100"), "1 of 11 lines differs, at epoch 0" },
        { Sgd, SgdPrinted[..77].With("Cost: 0.746667", "Cost: 0.846667"), "1 of 2 lines differs, at epoch 1" },
        { Sgd, SgdPrinted.With("Epoch    4/10 W: 0.974, Cost: 0.003058\n", ""), "identical, 10 lines, epoch 4 is missing" },
        { Sgd, string.Concat(SgdPrinted.Split('\n').Reverse().Select(line => line + "\n")), "1 line, epoch 9 is out of order" },
        { Sgd, SgdPrinted[^39..] + "Epoch   10/10 W: 7.000, Cost: 99\n", "1 of 1 line differs, at epoch 10" },

        // The code cannot have printed the lines: it was edited, and not run again.
        { Sgd.With("lr=0.15", "lr=0.05"), ByHandPrinted, "10 of 11 lines differ, first at epoch 1" },
        { Sgd.With("lr=0.15", "lr=0.1"), ByHandPrinted, "8 of 11 lines differ, first at epoch 1" },
        { ByHand.With("torch.sum(", "2 * torch.mean("), ByHandPrinted, "8 of 11 lines differ, first at epoch 1" },
        { Sgd.With("    optimizer.step()", ""), SgdPrinted, "SGD without step(), which the port does not have" },
        { Sgd.With("    optimizer.zero_grad()\n", ""), SgdPrinted, "SGD without zero_grad(), which the port does not have" },
        { Sgd.With("lr=0.15", "lr=float(input())"), SgdPrinted, "SGD, lr 0.15 (a guess), epochs 0 to 10: identical, 11 lines" },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void No_edit_is_passed_over(string source, string printed, string says)
    {
        var (exitCode, said) = Answer(printed, source: source);

        Assert.Contains(said, line => line.EndsWith(says, StringComparison.Ordinal));
        Assert.NotEqual(0, exitCode);
    }

    [Fact]
    public void Below_a_run_that_differs_stand_its_lines_and_only_the_numbers_differ() =>
        Assert.Equal(
            """
            In [1]  SGD, lr 0.15, epochs 0 to 10: 1 of 11 lines differs, at epoch 4
            --- mine.ipynb, In [1]
            +++ the port
            -Epoch    4/10 W: 0.975 cost: 0.003058
            +Epoch    4/10 W: 0.974 cost: 0.003058
            """.Split('\n'),
            Answer(s_edited).Said);

    [Fact]
    public void Where_only_words_differ_the_first_pair_of_lines_is_shown() =>
        Assert.Equal(
            """
            In [1]  SGD, lr 0.15, epochs 0 to 10: same numbers, different wording, 11 lines
            --- mine.ipynb, In [1]
            +++ the port
            -Epoch    4/10 W: 0.974 Cost: 0.003058
            +Epoch    4/10 W: 0.974, Cost: 0.003058
            --numbers ignores the wording.
            """.Split('\n'),
            Answer(SgdPrinted.With("0.974,", "0.974")).Said);

    [Theory]
    [InlineData("0.001", 0, "same numbers within 0.001, 11 lines")]
    [InlineData("0.0009", 1, "1 of 11 lines differs by more than 0.0009, at epoch 4")]
    public void A_tolerance_covers_numbers_that_far_apart(string tolerance, int exitCode, string verdict)
    {
        var answer = Answer(s_edited, new(Tolerance: decimal.Parse(tolerance)));

        Assert.Equal(exitCode, answer.ExitCode);
        Assert.EndsWith(verdict, answer.Said[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("W", "W", ": identical to the last bit, 11 lines")]
    [InlineData("Cost", "loss", ": same bits, different wording, 11 lines")]
    [InlineData("W: 1.4000001", "W: 1.40000033", "differs, at epoch 1, at most 2 units in the last place apart")]
    public void With_exact_the_distance_is_told_in_units_in_the_last_place(string old, string replacement, string verdict) =>
        Assert.EndsWith(
            verdict, Answer(s_sgdExact.With(old, replacement), new(Exact: true)).Said[0], StringComparison.Ordinal);

    [Theory]
    [InlineData("", "In [1]  trains, but recorded nothing")]
    [InlineData("Epoch    0/10 W: 0.000, Cost: 4.666667", "In [1]  SGD, lr 0.15, epoch 0 of 10: identical, 1 line")]
    public void Of_a_cell_that_raised_it_is_said_that_it_ended_in_an_error(string printed, string says)
    {
        var notebook = JsonNode.Parse(new LearnersNotebook().Cell(Sgd, printed ?? "").Json())!;
        notebook["cells"]![0]!["outputs"]!.AsArray().Add(new JsonObject { ["output_type"] = "error", ["ename"] = "NameError" });

        Assert.Equal($"{says}\nIn [1] ended in an error: NameError\n", Judge(notebook.ToJsonString()).Stdout);
    }

    [Fact]
    public void So_many_epochs_that_they_would_take_hours_are_refused() =>
        Judge(new LearnersNotebook().Cell(Sgd, "Epoch 2000000000/2000000000 W: 1.000, Cost: 0.000000").Json())
            .Refused(2, "epoch 2,000,000,000 is too far", lines: 1);

    [Theory]
    [InlineData(2, "Not compared: 2 lines of In [1], 2 lines of In [2]\n")]
    [InlineData(6, "Not compared: 12 lines of 6 cells\n")]
    public void Lines_of_many_cells_are_summed_up(int cells, string says)
    {
        var notebook = new LearnersNotebook();
        Enumerable.Range(0, cells).ToList().ForEach(_ => notebook.Cell("print(1)", "1\n1\n"));

        Assert.Equal(says, Judge(notebook.Json()).Stdout);
    }

    [Fact]
    public void A_long_diff_is_cut_and_all_of_it_can_be_had()
    {
        var printed = string.Concat(Enumerable.Range(2, 1000).Select(epoch => $"Epoch {epoch} W: 4 Cost: 42\n"));

        var cut = Answer(printed).Said;
        Assert.Equal((44, "... --all shows all 1000 lines that differ"), (cut.Length, cut[^1]));
        Assert.Equal(2003, Answer(printed, all: true).Said.Length);
    }

    [Fact]
    public void Control_characters_are_shown_and_not_obeyed() =>
        Assert.Contains("-Epoch 2 \ufffd[31m W: 5 Cost: 5\ufffd", Answer("Epoch 2 \e[31m W: 5 Cost: 5\a\n").Said);

    private static (int ExitCode, string[] Said) Answer(
        string printed, Strictness? strictness = null, string? source = null, bool all = false)
    {
        var notebook = new LearnersNotebook().Cell(source ?? Sgd, printed);
        var outcome = Judge(notebook.Json(), strictness, learningRate: null, all);
        return (outcome.ExitCode, outcome.Stdout.TrimEnd('\n').Split('\n'));
    }
}
