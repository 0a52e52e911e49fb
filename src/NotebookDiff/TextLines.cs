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

    /// <summary>A line with its control characters shown, not obeyed.</summary>
    internal static string Visible(string line) => string.Concat(line.Select(c => c switch
    {
        '\t' => '\t',
        < ' ' => (char)('␀' + c),
        '\x7f' => '␡',
        // The others turn the direction of writing.
        >= '\x80' and <= '\x9f' or >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' => '\ufffd',
        _ => c,
    }));

    /// <summary><c>1 line</c>, <c>11 lines</c>.</summary>
    internal static string Count(int lines) => lines == 1 ? "1 line" : $"{lines} lines";
}
