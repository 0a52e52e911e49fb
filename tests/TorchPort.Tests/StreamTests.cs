namespace TorchPort.Tests;

/// <summary>Standard streams that take nothing, for each program.</summary>
public class StreamTests
{
    private static readonly Dictionary<string, (string[] Command, int Failed)> s_programs = new()
    {
        ["port"] = (Start.PortCommand, 1),
        ["diff"] = (Start.DiffCommand, 2),
        ["run-notebook.py"] = ([Python.Any ?? "", Python.Runner, Start.Notebook], 1),
        ["bench.py"] = ([Python.Any ?? "", Path.Combine(Start.Repository, "scripts/bench.py")], 1),
    };

    [Theory]
    [InlineData("port", "", ">&-", "cannot write to standard output: it is closed")]
    [InlineData("port", "", "> /dev/full", "cannot write to standard output: No space left on device")]
    [InlineData("port", "--version", "> /dev/full", "cannot write to standard output: No space left on device")]
    [InlineData("port", "--help", "> /dev/full", "cannot write to standard output: No space left on device")]
    [InlineData("diff", "", ">&-", "cannot write to standard output: it is closed")]
    [InlineData("diff", "", "> /dev/full", "cannot write to standard output: No space left on device")]
    public void A_stdout_that_takes_nothing_is_an_error(string program, string option, string redirection, string says)
    {
        var (command, failed) = Program(program);
        var outcome = Start.Shell($"\"$@\" {option} {redirection}", command);

        Assert.Equal(failed, outcome.ExitCode);
        Assert.InRange(outcome.Errors.Length, 1, 3);
        Assert.Contains(says, outcome.Errors[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("port", "--device cpu", 0)]
    [InlineData("port", "--bogus", 2)]
    [InlineData("diff", "--lr 0.3", 0)]
    [InlineData("diff", "--bogus", 2)]
    [InlineData("run-notebook.py", "--bogus", 2)]
    [InlineData("bench.py", "--bogus", 2)]
    public void A_stderr_that_takes_nothing_changes_nothing(string program, string option, int exitCode)
    {
        var (command, _) = Program(program);

        var closed = Start.Shell($"\"$@\" {option} 2>&-", command);
        Assert.Equal((exitCode, exitCode == 0), (closed.ExitCode, closed.Stdout.Length > 0));
        Assert.Equal(closed, Start.Shell($"\"$@\" {option} 2> /dev/full", command));
    }

    private static (string[] Command, int Failed) Program(string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");
        Assert.SkipWhen(s_programs[name].Command[0].Length == 0, Python.NoPython);
        return s_programs[name];
    }
}
