namespace NotebookDiff;

/// <summary>Nothing can be compared. The message says why, and what to do about it.</summary>
internal sealed class TroubleException(string message) : Exception(message);
