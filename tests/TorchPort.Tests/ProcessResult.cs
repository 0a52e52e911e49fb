namespace TorchPort.Tests;

/// <summary>How a program ended, and what it wrote.</summary>
internal sealed record ProcessResult(int ExitCode, string Stdout, string Stderr)
{
    /// <summary>The lines on standard error.</summary>
    internal string[] StderrLines => Stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Asserts a refusal: nothing on standard output, and one error of a few lines that says why.</summary>
    internal void AssertFailed(int exitCode, string expected, int lines = 3)
    {
        Assert.Equal((exitCode, ""), (ExitCode, Stdout));
        Assert.InRange(StderrLines.Length, 1, lines);
        Assert.Contains(expected, Stderr, StringComparison.Ordinal);
    }
}
