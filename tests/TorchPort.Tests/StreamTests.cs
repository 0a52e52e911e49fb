namespace TorchPort.Tests;

/// <summary>Standard streams that take nothing, for each program.</summary>
public class StreamTests
{
    private static readonly Dictionary<string, string[]> s_programs = new()
    {
        ["port"] = Start.PortCommand,
        ["diff"] = Start.DiffCommand,
        ["bench.py"] = [Python.Any ?? "", Path.Combine(Start.Repository, "scripts/bench.py")],
    };

    [Theory]
    [InlineData("port", ">&-", 1, "it is closed")]
    [InlineData("port", "> /dev/full", 1, "No space left on device")]
    [InlineData("port", "--version > /dev/full", 1, "No space left on device")]
    [InlineData("port", "--help > /dev/full", 1, "No space left on device")]
    [InlineData("diff", ">&-", 2, "it is closed")]
    [InlineData("diff", "> /dev/full", 2, "No space left on device")]
    public void A_stdout_that_takes_nothing_is_an_error(string program, string rest, int exitCode, string why) =>
        Run(program, rest).Refused(exitCode, $"cannot write to standard output: {why}");

    [Theory]
    [InlineData("port", "--device cpu", 0)]
    [InlineData("port", "--bogus", 2)]
    [InlineData("diff", "--lr 0.3", 0)]
    [InlineData("diff", "--bogus", 2)]
    [InlineData("bench.py", "--bogus", 2)]
    public void A_stderr_that_takes_nothing_changes_nothing(string program, string option, int exitCode)
    {
        var closed = Run(program, $"{option} 2>&-");
        Assert.Equal((exitCode, exitCode == 0), (closed.ExitCode, closed.Stdout.Length > 0));
        Assert.Equal(closed, Run(program, $"{option} 2> /dev/full"));
    }

    private static Outcome Run(string program, string rest)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");
        Assert.SkipWhen(s_programs[program][0].Length == 0, Python.NoPython);
        return Start.Shell($"\"$@\" {rest}", s_programs[program]);
    }
}
