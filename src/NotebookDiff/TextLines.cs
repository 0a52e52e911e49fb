using System.Globalization;

namespace NotebookDiff;

/// <summary>Helpers for lines of text.</summary>
internal static class TextLines
{
    private static readonly char[] s_colorParameters = [.. "0123456789;"];

    /// <summary>Splits text into lines. A carriage return also ends a line, since a terminal would overwrite it.</summary>
    internal static List<string> Split(string text)
    {
        // PyTorch prints a parameter on two lines.
        var joined = text.Replace("Parameter containing:\n", "Parameter containing: ", StringComparison.Ordinal);
        var lines = joined.Split(["\r\n", "\n", "\r"], StringSplitOptions.None);
        return [.. lines[^1].Length == 0 ? lines[..^1] : lines];
    }

    /// <summary>Removes terminal colors: <c>ESC[31m</c>.</summary>
    internal static string RemoveColors(string line)
    {
        var parts = line.Split("\e[");
        var rest = parts.Skip(1).Select(part => part.TrimStart(s_colorParameters) is ['m', .. var text] ? text : $"\e[{part}");
        return string.Concat(rest.Prepend(parts[0]));
    }

    /// <summary>Replaces control and formatting characters, such as escape sequences and bidirectional overrides.</summary>
    internal static string ReplaceControlCharacters(string line) =>
        string.Concat(line.Select(c => IsControlOrFormat(c) ? '\ufffd' : c));

    private static bool IsControlOrFormat(char c) =>
        c != '\t' && char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format;
}
