using System.CommandLine;
using System.Text.Json.Nodes;
using TorchPort;
using TorchPort.Tests;
using static NotebookDiff.Tests.NotebookBuilder;

namespace NotebookDiff.Tests;

/// <summary>The complete program.</summary>
public class NotebookDiffTests
{
    private readonly string _folder = TestProcess.CreateTempFolder("노트 북 ");

    private string Mine => Path.Combine(_folder, "mine.ipynb");

    [Fact]
    public void Saved_output_of_the_default_notebook_is_identical() =>
        Assert.Equal(
            new ProcessResult(0, """
                In [2]  by hand, lr 0.1, epochs 0 to 10: identical, 11 lines
                In [3]  SGD, lr 0.15, epochs 0 to 10: identical, 11 lines
                Compared with the saved output of gradient-descent.ipynb; --execute runs its code

                """.ReplaceLineEndings("\n"), ""),
            TestProcess.RunDiff());

    [Fact]
    public void Executed_default_notebook_is_bit_identical()
    {
        Assert.SkipWhen(Python.WithTorch is null, Python.TorchRequired);

        var outcome = TestProcess.RunDiff("--execute", "--exact", "--device", "cpu", "--python", Python.WithTorch!);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Stderr));
        Assert.Matches($"""
            ^In \[2]  by hand, lr 0.1, epochs 0 to 10: bit-identical, 11 lines
            In \[3]  SGD, lr 0.15, epochs 0 to 10: bit-identical, 11 lines
            Compared with PyTorch [0-9.a-z+]+ of {Python.WithTorch}$
            """.ReplaceLineEndings("\n"), outcome.Stdout.TrimEnd());
    }

    [Fact]
    public void Executed_cells_keep_their_names()
    {
        Assert.SkipWhen(Python.WithTorch is null, Python.TorchRequired);
        var notebook = new NotebookBuilder().Cell(Imports, count: 7).Cell(ByHand, count: null).Cell(Sgd, count: 3);
        File.WriteAllText(Mine, notebook.Json());

        var lines = Here(Mine, "--execute", "--in-order", "--python", Python.WithTorch!).Stdout.Split('\n');
        Assert.Equal("code cell 2  by hand, lr 0.1, epochs 0 to 10: identical, 11 lines", lines[0]);
        Assert.Equal("In [3]       SGD, lr 0.15, epochs 0 to 10: identical, 11 lines", lines[1]);
    }

    [Fact]
    public void Notebook_code_does_not_run_without_execute()
    {
        var proof = JsonValue.Create(Path.Combine(_folder, "proof")).ToJsonString();
        File.WriteAllText(Mine, new NotebookBuilder().Cell($"open({proof}, 'w')").Cell(ByHand, ByHandPrinted).Json());

        Assert.Equal(0, Here(Mine).ExitCode);
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("SIGINT", 130)]
    [InlineData("SIGTERM", 143)]
    public void Interrupted_diff_leaves_no_notebook_running(string signal, int exitCode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Python.Default is null, Python.PythonRequired);
        var interrupt = $"import os, signal, sys, time\nos.kill(os.getppid(), signal.{signal})";
        File.WriteAllText(Mine, FromSources($"{interrupt}\ntime.sleep(20)\nprint('still running', file=sys.stderr)").Json());

        // A job in the background of a shell ignores SIGINT.
        const string Reset = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL)";
        string[] diff = [Python.Default!, "-c", $"{Reset}; os.execvp(sys.argv[1], sys.argv[1:])", .. TestProcess.DiffCommand];
        var outcome = TestProcess.RunCommand(diff, [Mine, "--execute", "--python", Python.Default!]);
        Assert.Equal(new ProcessResult(exitCode, "", ""), outcome);
    }

    [Theory]
    [InlineData("no-such-file.ipynb", "cannot read 'no-such-file.ipynb': file not found")]
    [InlineData("/", "cannot read '/': it is a folder")]
    [InlineData("", "NOTEBOOK is empty")]
    [InlineData("a b", "Unrecognized command or argument 'b'", "b")]
    [InlineData("--exat", "argument '--exat'")]
    [InlineData("x.ipynb", "argument '--tolerence'", "--tolerence", "0.1")]
    [InlineData("--exact", "--exact requires --execute")]
    [InlineData("--in-order", "--in-order requires --execute")]
    [InlineData("--python", "--python requires --execute", "python3")]
    [InlineData("[diff]", "argument '[diff]'")]
    [InlineData("--execute", "cannot run '/bin/true': it returned no output", "--python", "/bin/true")]
    [InlineData("--tolerance", "--tolerance must be a non-negative number, not '-1'", "-1")]
    [InlineData("--lr", "--lr must be a finite, non-negative number, not 'nan'", "nan")]
    [InlineData("--lr:nan", "--lr must be a finite, non-negative number, not 'nan'")]
    [InlineData("--", "cannot read 'absent.ipynb'", "absent.ipynb")]
    [InlineData("--execute", "cannot run 'no-such-python': file not found", "--python", "no-such-python")]
    [InlineData("--port", "argument '--port'", "/nothere", "--", "mine.ipynb")]
    [InlineData("--device", "--device must be auto, cpu, cuda or cuda:N, not 'gpu'", "gpu")]
    public void Errors_are_one_to_three_lines(string first, string expected, params string[] others) =>
        Here([first, .. others]).AssertFailed(2, expected);

    [Theory]
    [InlineData("--lr:0.2")]
    [InlineData("--lr=0.2")]
    [InlineData("--lr", "0.2")]
    public void No_argument_is_ignored(params string[] lr)
    {
        File.WriteAllText(Mine, new NotebookBuilder().Cell(ByHand, ByHandPrinted.With("0.840", "0.841")).Json());

        Assert.Equal(1, Here(Mine, "--").ExitCode);
        Assert.Equal(1, Here("--", Mine).ExitCode);
        var ignored = "--lr is ignored: no run needs it";
        Assert.Contains(ignored, Here([Mine, .. lr]).Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void Randomly_corrupted_notebooks_do_not_crash_the_diff()
    {
        var own = File.ReadAllBytes(TestProcess.Notebook);
        var random = new Random(1);
        var answers = Enumerable.Range(0, 500).Select(_ =>
        {
            var bytes = own.ToArray();
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            bytes[random.Next(bytes.Length)] = (byte)"\"{}[],:0-e "[random.Next(11)];
            File.WriteAllBytes(Mine, bytes);
            return Here(Mine);
        }).ToList();

        Assert.Equal([0, 1, 2], answers.Select(answer => answer.ExitCode).Distinct().Order());
        Assert.All(answers, answer => Assert.DoesNotContain(answer.Stderr, c => char.IsControl(c) && c != '\n'));
    }

    // Runs the program as its main method does, except for the exit code and the streams.
    private static ProcessResult Here(params string[] arguments)
    {
        var parsed = CommandLine.Parse(DiffCommand.Create(), arguments);
        return parsed.Errors.Count > 0
            ? new ProcessResult(2, "", string.Join('\n', parsed.Errors))
            : Capture(output => parsed.Invoke(new() { EnableDefaultExceptionHandler = false, Output = output }));
    }
}
