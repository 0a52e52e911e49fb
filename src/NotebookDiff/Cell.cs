namespace NotebookDiff;

/// <summary>A code cell of a notebook.</summary>
/// <param name="Name"><c>In [2]</c>, or <c>In [2] (code cell 6)</c> if cells share a count, or <c>code cell 6</c>.</param>
/// <param name="ExecutionCount">Its execution count, or null.</param>
/// <param name="Order">Its place in the order of execution.</param>
/// <param name="Source">Its code.</param>
/// <param name="Lines">The lines of its stdout and of its displayed text.</param>
/// <param name="ErrorLines">The lines of its stderr.</param>
/// <param name="Error">The name of the error it raised, or null.</param>
internal sealed record Cell(
    string Name,
    int? ExecutionCount,
    int Order,
    string Source,
    IReadOnlyList<string> Lines,
    IReadOnlyList<string> ErrorLines,
    string? Error = null)
{
    /// <summary>Whether the saved notebook shows that it was run.</summary>
    internal bool WasRun => ExecutionCount is not null || Lines.Count > 0 || Error is not null;
}
