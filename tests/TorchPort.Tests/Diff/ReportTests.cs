using System.Text.RegularExpressions;
using TorchPort.Tests;
using static NotebookDiff.Tests.LearnersNotebook;

namespace NotebookDiff.Tests;

/// <summary>What is said of a difference.</summary>
public class ReportTests
{
    private static readonly Port s_port = new([Start.Executable, "--device", "cpu"]);

    [Fact]
    public void Below_a_run_that_differs_stand_its_lines_and_only_the_numbers_differ()
    {
        var (exitCode, said) = Answer(SgdPrinted.With("0.974, Cost", "0.975 cost"));

        Assert.Equal(1, exitCode);
        Assert.Equal("""
            In [1]  SGD, lr 0.15, epochs 0 to 10: 1 of 11 lines differs, the first at epoch 4
            --- my.ipynb, In [1]
            +++ the port, in the notebook's words
            @@ -2,7 +2,7 @@
             Epoch    1/10 W: 1.400, Cost: 0.746667
             Epoch    2/10 W: 0.840, Cost: 0.119467
             Epoch    3/10 W: 1.064, Cost: 0.019115
            -Epoch    4/10 W: 0.975 cost: 0.003058
            +Epoch    4/10 W: 0.974 cost: 0.003058
             Epoch    5/10 W: 1.010, Cost: 0.000489
             Epoch    6/10 W: 0.996, Cost: 0.000078
             Epoch    7/10 W: 1.002, Cost: 0.000013

            """.ReplaceLineEndings("\n"), said);
    }

    [Fact]
    public void Given_to_patch_the_diff_changes_the_notebooks_output_as_shown()
    {
        var isThere = !OperatingSystem.IsWindows() && Start.Shell("command -v patch").ExitCode == 0;
        Assert.SkipUnless(isThere, "there is no patch on this machine");
        var right = SgdPrinted.With("Epoch    3", "a line between\nEpoch    3");
        var wrong = right.With("0.974", "0.975").With("1.002", "1.003").With("0.000013", "0.000014");
        var folder = Directory.CreateTempSubdirectory();
        var output = Path.Combine(folder.FullName, "output");
        var diff = Path.Combine(folder.FullName, "diff");
        File.WriteAllText(output, wrong);
        File.WriteAllText(diff, Answer(wrong).Said);

        var patched = Start.Program("patch", ["-s", "-o", "-", output, diff]);
        folder.Delete(recursive: true);
        Assert.Equal(new Outcome(0, right, ""), patched);
    }

    [Theory]
    [InlineData("0.001", 0, "the same numbers within 0.001, 11 lines")]
    [InlineData("0.0009", 1, "1 of 11 lines differs by more than 0.0009, the first at epoch 4")]
    public void A_tolerance_covers_numbers_that_far_apart(string tolerance, int exitCode, string verdict)
    {
        var answer = Answer(SgdPrinted.With("0.974, Cost", "0.975 cost"), new(false, false, decimal.Parse(tolerance)));

        Assert.Equal(exitCode, answer.ExitCode);
        Assert.EndsWith(verdict, answer.Said.Split('\n')[0], StringComparison.Ordinal);
    }

    [Fact]
    public void With_exact_the_distance_is_told_in_units_in_the_last_place()
    {
        var exact = new Strictness(Exact: true, false, null);
        var printed = Start.Port("--device", "cpu", "--cell", "3", "--exact").Stdout;

        Assert.EndsWith(": identical, 11 lines\n", Answer(printed, exact).Said, StringComparison.Ordinal);
        var otherWords = Answer(printed.With("Cost", "loss"), exact).Said;
        Assert.EndsWith(": the same bits in other words, 11 lines\n", otherWords, StringComparison.Ordinal);
        var twoUnits = Answer(printed.With("W: 1.4000001", "W: 1.40000033"), exact).Said.Split('\n')[0];
        Assert.EndsWith("the first at epoch 1, at most 2 units in the last place apart", twoUnits, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_diff_is_cut_and_all_of_it_can_be_had()
    {
        var printed = string.Concat(Enumerable.Range(0, 1000).Select(epoch => $"Epoch {epoch} W: 5 Cost: 5\n"));

        var cut = Answer(printed).Said.TrimEnd().Split('\n');
        Assert.Equal(42, cut.Length);
        Assert.Equal("... --all shows all 1000 lines that differ", cut[^1]);
        Assert.Equal(2004, Answer(printed, all: true).Said.TrimEnd().Split('\n').Length);
    }

    [Fact]
    public void Control_characters_are_shown_and_not_obeyed()
    {
        var said = Answer("Epoch 0 \e[31m W: 5 Cost: 5\a\n").Said;

        Assert.Contains("-Epoch 0 ␛[31m W: 5 Cost: 5␇\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Colours_mark_the_lines_that_differ()
    {
        var lines = Answer("Epoch 0 W: 5 Cost: 5\n", colours: true).Said.Split('\n');

        Assert.Contains("\e[31m-Epoch 0 W: 5 Cost: 5\e[0m", lines);
        Assert.Contains("\e[32m+Epoch 0 W: 0 Cost: 5\e[0m", lines);
    }

    [Fact]
    public void A_run_that_mostly_differs_is_compared_at_its_own_settings()
    {
        // Two lines are those of the other cell at this learning rate, and one of them is its own.
        var byHand = Start.Port("--device", "cpu", "--cell", "2", "--lr", "0.15").Stdout.Split('\n')[..2];
        var others = SgdPrinted.Split('\n')[2..^1].Select(line => line.With("W: ", "W: 5"));

        var verdict = Answer(string.Join('\n', [.. byHand, .. others])).Said.Split('\n')[0];
        Assert.EndsWith(": 10 of 11 lines differ, the first at epoch 1", verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_runs_in_a_cell_each_is_told()
    {
        var said = Answer(SgdPrinted.With("0.974", "0.975") + SgdPrinted).Said;

        Assert.Equal(2, Regex.Count(said, @"(?m)^In \[1\]  SGD"));
        Assert.Contains("identical, 11 lines", said, StringComparison.Ordinal);
    }

    private static (int ExitCode, string Said) Answer(
        string printed, Strictness? strictness = null, bool all = false, bool colours = false)
    {
        using var output = new StringWriter { NewLine = "\n" };
        strictness ??= new(false, false, null);
        var diff = new NotebookComparison(new Comparer(s_port, strictness.Exact), learningRate: null);
        diff.Add(new("In [1]", Sgd, TextLines.Lines(printed)));
        var report = new Report("my.ipynb", executed: false, strictness, all, colours);
        report.Write(output, diff);
        return (report.ExitCode(diff), output.ToString());
    }
}
