using System.Globalization;

namespace NotebookDiff;

/// <summary>The lines of a text.</summary>
internal static class TextLines
{
    /// <summary>The lines of a text. A carriage return also ends a line, since a terminal would overwrite it.</summary>
    internal static List<string> Of(string text)
    {
        var lines = text.Split(["\r\n", "\n", "\r"], StringSplitOptions.None);
        return [.. lines[^1].Length == 0 ? lines[..^1] : lines];
    }

    /// <summary>A line without what a terminal obeys: control characters, and those that turn the direction of writing.</summary>
    internal static string Visible(string line) => string.Concat(line.Select(c => IsObeyed(c) ? '\ufffd' : c));

    /// <summary><c>1 line</c>, <c>11 lines</c>.</summary>
    internal static string Count(int lines) => lines == 1 ? "1 line" : $"{lines} lines";

    private static bool IsObeyed(char c) =>
        c != '\t' && char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format;
}
