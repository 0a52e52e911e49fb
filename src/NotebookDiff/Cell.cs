namespace NotebookDiff;

/// <summary>
/// A code cell of a notebook. Its name is <c>In [2]</c>, or <c>In [2] (code cell 6)</c> if cells share a count, or
/// <c>code cell 6</c>. Stdout includes displayed text. Error is the name of the error that was raised, or null.
/// </summary>
internal sealed record Cell(
    string Name, int? ExecutionCount, int Order, string Source, string Stdout, string Stderr, string? Error)
{
    /// <summary>Whether the saved notebook shows that it was run.</summary>
    internal bool WasRun => ExecutionCount is not null || Stdout.Length > 0 || Error is not null;

    internal string[] GetLines() => SplitLines(Stdout);
    internal string[] GetErrorLines() => SplitLines(Stderr);

    // A carriage return also ends a line, since a terminal would overwrite it.
    private static string[] SplitLines(string text)
    {
        // PyTorch prints a parameter on two lines.
        var joined = text.Replace("Parameter containing:\n", "Parameter containing: ", StringComparison.Ordinal);
        var lines = joined.Split(["\r\n", "\n", "\r"], StringSplitOptions.None);
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }
}
