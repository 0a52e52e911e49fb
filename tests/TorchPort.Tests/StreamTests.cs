using System.Globalization;

namespace TorchPort.Tests;

/// <summary>Closed and full standard streams, for each program.</summary>
public class StreamTests
{
    private static readonly Dictionary<string, string[]> s_programs = new()
    {
        ["TorchPort"] = TestProcess.PortCommand,
        ["NotebookDiff"] = TestProcess.DiffCommand,
        ["bench.py"] = [Python.Default ?? "", Path.Combine(TestProcess.RepositoryRoot, "scripts/bench.py")],
    };

    [Theory]
    [InlineData("TorchPort", ">&-", 1, "it is closed")]
    [InlineData("TorchPort", "--epochs 10000 >&-", 1, "it is closed")]
    [InlineData("TorchPort", "> /dev/full", 1, "No space left on device")]
    [InlineData("TorchPort", "--version > /dev/full", 1, "No space left on device")]
    [InlineData("TorchPort", "--help > /dev/full", 1, "No space left on device")]
    [InlineData("NotebookDiff", ">&-", 2, "it is closed")]
    [InlineData("NotebookDiff", "> /dev/full", 2, "No space left on device")]
    public void Unwritable_stdout_is_an_error(string program, string rest, int exitCode, string reason) =>
        Run(program, rest).AssertFailed(exitCode, $"{program}: cannot write to standard output: {reason}");

    [Theory]
    [InlineData("TorchPort", "--device cpu", 0)]
    [InlineData("TorchPort", "--bogus", 2)]
    [InlineData("NotebookDiff", "--lr 0.3", 0)]
    [InlineData("NotebookDiff", "--bogus", 2)]
    [InlineData("bench.py", "--bogus", 2)]
    public void Unwritable_stderr_is_ignored(string program, string option, int exitCode)
    {
        var closed = Run(program, $"{option} 2>&-");
        Assert.Equal((exitCode, exitCode == 0), (closed.ExitCode, closed.Stdout.Length > 0));
        Assert.Equal(closed, Run(program, $"{option} 2> /dev/full"));
    }

    // syscw counts the writes of a process and of the children that it has waited for.
    [Theory]
    [InlineData("sh {0} | cat", false)]
    [InlineData("script -qec 'sh {0}' /dev/null", true)]
    public void Terminal_output_is_line_buffered_and_pipe_output_block_buffered(string line, bool isLineByLine)
    {
        Assert.SkipUnless(File.Exists("/proc/self/io"), "requires a Linux that counts writes");
        var file = Path.Combine(TestProcess.CreateTempFolder(), "port.sh");
        var port = string.Join(' ', TestProcess.PortCommand.Select(part => $"'{part}'"));
        TestProcess.WriteShellScript(file, $"{port} --cell 2 --epochs 1000; grep syscw /proc/$$/io");

        var printed = TestProcess.RunShell(string.Format(CultureInfo.InvariantCulture, line, file)).Stdout.Split("syscw: ");
        var writes = int.Parse(printed[1], CultureInfo.InvariantCulture);
        Assert.Equal((1001, isLineByLine), (printed[0].Split("Epoch ").Length - 1, writes > 1000));
    }

    private static ProcessResult Run(string program, string rest)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "requires /dev/full");
        Assert.SkipWhen(s_programs[program][0].Length == 0, Python.PythonRequired);
        return TestProcess.RunShell($"\"$@\" {rest}", s_programs[program]);
    }
}
