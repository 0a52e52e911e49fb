namespace TorchPort.Tests;

internal sealed record ProcessResult(int ExitCode, string Stdout, string Stderr)
{
    internal string[] StderrLines => Stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Asserts that the program failed with no standard output and a short error that contains the text.</summary>
    internal void AssertFailed(int exitCode, string expected, int lines = 3)
    {
        Assert.Equal((exitCode, ""), (ExitCode, Stdout));
        Assert.InRange(StderrLines.Length, 1, lines);
        Assert.Contains(expected, Stderr, StringComparison.Ordinal);
    }
}
