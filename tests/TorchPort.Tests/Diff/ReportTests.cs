using System.Text.Json.Nodes;
using TorchPort.Tests;
using static NotebookDiff.Tests.NotebookBuilder;

namespace NotebookDiff.Tests;

/// <summary>The verdict and the exit code for a cell whose code or output was edited.</summary>
public class ReportTests
{
    private static readonly string s_edited = SgdPrinted.With("0.974,", "0.975");
    private static readonly string s_exact = TestProcess.ReadData("pytorch-1.13-cpu-exact.txt");
    private static readonly string s_sgdExact = s_exact[s_exact.LastIndexOf("Epoch    0", StringComparison.Ordinal)..];

    // The code, the saved lines, and the end of a verdict.
    public static TheoryData<string, string, string> Edits { get; } = new()
    {
        { Sgd, SgdPrinted.With("Cost: 4.666667", "Cost: 4.566667"), "1 of 11 lines differs, at epoch 0" },
        { Sgd, SgdPrinted.With("W: 0.000", "W: 0.100"), "1 of 11 lines differs, at epoch 0" },
        { Sgd, SgdPrinted[..77].With("Cost: 0.746667", "Cost: 0.846667"), "1 of 2 lines differs, at epoch 1" },
        { Sgd, SgdPrinted.With("Epoch    4/10 W: 0.974, Cost: 0.003058\n", ""), "identical, 10 lines, epoch 4 is missing" },
        { Sgd, string.Join('\n', SgdPrinted.Split('\n').Reverse()), "1 line, epoch 9 is out of order" },
        { Sgd, SgdPrinted + "Final W: 1.000, Cost: 0.5 at epoch 10\n", "epoch 10: 1 of 1 line differs, at epoch 10" },
        { Sgd, SgdPrinted[^39..] + "Epoch   10/10 W: 7.000, Cost: 99\n", "epoch 10: 1 of 1 line differs, at epoch 10" },

        // The code was edited and not run again.
        { Sgd.With("lr=0.15", "lr=0.05"), SgdPrinted, "identical, 11 lines, but the code does not name lr 0.15" },
        { Sgd.With("lr=0.15", "lr=0.1"), ByHandPrinted, "1 of 11 lines differs, at epoch 1, but the code does not name lr 0.15" },
        { Sgd.With("lr=0.15", "lr=float(input())"), SgdPrinted, "identical, 11 lines, but the code does not name lr 0.15" },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void Every_edit_is_detected(string source, string printed, string verdict)
    {
        var outcome = JudgeCell(printed, source: source);

        Assert.Contains(outcome.Stdout.Split('\n'), line => line.EndsWith(verdict, StringComparison.Ordinal));
        Assert.NotEqual(0, outcome.ExitCode);
    }

    [Fact]
    public void Differing_lines_follow_the_verdict() =>
        Assert.Equal(
            """
            In [1]  SGD, lr 0.15, epochs 0 to 10: 1 of 11 lines differs, at epoch 4
            --- mine.ipynb, In [1]
            +++ the port
            -Epoch    4/10 W: 0.975 Cost: 0.003058
            +Epoch    4/10 W: 0.974 Cost: 0.003058
            Compared with the saved output of mine.ipynb; --execute runs its code

            """.ReplaceLineEndings("\n"),
            JudgeCell(s_edited).Stdout);

    [Theory]
    [InlineData("0.001", 0, "same numbers within 0.001, 11 lines")]
    [InlineData("0.0009", 1, "1 of 11 lines differs, at epoch 4")]
    public void Tolerance_allows_differences_up_to_its_value(string tolerance, int exitCode, string verdict)
    {
        var outcome = JudgeCell(s_edited, new(Tolerance: decimal.Parse(tolerance)));

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Contains($": {verdict}\n", outcome.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("W", "W", ": bit-identical, 11 lines")]
    [InlineData("Cost", "loss", ": same bits, 11 lines")]
    [InlineData("W: 1.4000001", "W: 1.40000033", "differs, at epoch 1, by at most 2 ULPs")]
    [InlineData("W: 1.4000001", "W: 1.4000", "differs, at epoch 1, by at most 1 ULP")]
    [InlineData("W: 0,", "W: -1.4e-45,", "differs, at epoch 0, by at most 1 ULP")]
    public void Exact_reports_the_distance_in_ULPs(string old, string replacement, string verdict) =>
        Assert.Contains(
            $"{verdict}\n", JudgeCell(s_sgdExact.With(old, replacement), new(Exact: true)).Stdout, StringComparison.Ordinal);

    [Theory]
    [InlineData("In [1]  trains, but has no output\nIn [1] raised an error: NameError\n", 1, "error", "ename", "NameError")]
    [InlineData("In [1]  not compared: its lines are on stderr, print them to stdout, 1 line\n", 1, "stream", "name", "stderr")]
    [InlineData("code cell 1  was not run: it has no execution count; --execute --in-order runs all cells\n", null, "", "", "")]
    public void Unreadable_training_cell_is_reported(string expected, int? count, string type, string key, string value)
    {
        var notebook = JsonNode.Parse(new NotebookBuilder().Cell(Sgd, count: count).Json())!;
        var json = new JsonObject { ["output_type"] = type, ["text"] = SgdPrinted[..39], [key] = value };
        notebook["cells"]![0]!["outputs"]!.AsArray().Add(json);
        var outcome = Judge(notebook.ToJsonString());

        Assert.Equal((2, expected), (outcome.ExitCode, outcome.Stdout));
    }

    [Fact]
    public void Too_many_epochs_are_rejected() =>
        JudgeCell(SgdPrinted + "Epoch 2000000000 W: 1 Cost: 0\n").AssertFailed(2, "epoch 2,000,000,000 exceeds the limit");

    [Theory]
    [InlineData(2, "Not compared: 2 lines of In [1], 2 lines of In [2]\n")]
    [InlineData(6, "Not compared: 12 lines of 6 cells\n")]
    public void Lines_of_many_cells_are_summarized(int cells, string expected)
    {
        var notebook = new NotebookBuilder();
        Enumerable.Range(0, cells).ToList().ForEach(_ => notebook.Cell("print(1)", "1\n1\n"));

        Assert.Equal(expected, Judge(notebook.Json()).Stdout);
    }

    [Fact]
    public void Long_list_of_differing_lines_is_truncated()
    {
        var differing = string.Concat(Enumerable.Range(11, 999).Select(epoch => $"Epoch {epoch}/10 W: 1.001, Cost: 0.000000\n"));

        Assert.Contains("\n... and 979 more\n", JudgeCell(SgdPrinted + differing).Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_are_replaced() => Assert.Contains(
        "W: 0.975 \ufffd[K\ufffd", JudgeCell(s_edited.With("0.975", "0.975 \e[K\a")).Stdout, StringComparison.Ordinal);

    private static ProcessResult JudgeCell(string printed, ComparisonOptions? options = null, string? source = null) =>
        Judge(new NotebookBuilder().Cell(source ?? Sgd, printed).Json(), options);
}
