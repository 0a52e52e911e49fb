namespace TorchPort.Tests;

/// <summary>How a program ended, and what it wrote.</summary>
internal sealed record Outcome(int ExitCode, string Stdout, string Stderr)
{
    /// <summary>The lines on standard error.</summary>
    internal string[] Errors => Stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Asserts a refusal: nothing on standard output, and one error of a few lines that says why.</summary>
    internal void Refused(int exitCode, string says, int lines = 3)
    {
        Assert.Equal((exitCode, ""), (ExitCode, Stdout));
        Assert.InRange(Errors.Length, 1, lines);
        Assert.Contains(says, Stderr, StringComparison.Ordinal);
    }
}
