using System.Text;
using System.Text.Json;
using TorchPort;

namespace NotebookDiff;

/// <summary>A Jupyter notebook of nbformat 4: its code cells, from top to bottom.</summary>
internal sealed record NotebookFile(IReadOnlyList<Cell> Cells)
{
    private const string Hint = "Save it again in Jupyter. It must be UTF-8, with no NaN and no merge conflict.";

    /// <summary>Returns the cells that were run, in execution order, as the saved notebook shows.</summary>
    internal List<Cell> FindRunCells() => [.. Cells.Where(cell => cell.WasRun).OrderBy(cell => cell.Order)];

    /// <summary>Returns the cells to run, in this order: those with an execution count, or all from top to bottom.</summary>
    internal List<Cell> FindCellsToRun(bool inOrder) => inOrder || Cells.All(cell => cell.ExecutionCount is null)
        ? [.. Cells]
        : [.. Cells.Where(cell => cell.ExecutionCount is not null).OrderBy(cell => cell.Order)];

    internal static NotebookFile Read(string path)
    {
        try
        {
            return Parse(path, File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            var why = Directory.Exists(path) ? "it is a folder."
                : e is FileNotFoundException or DirectoryNotFoundException ? "file not found."
                : e.Message;
            throw new CommandFailedException(
                $"cannot read '{path}': {why}\nSpecify a notebook, or omit it to use this repository's.");
        }
    }

    internal static NotebookFile Parse(string path, byte[] json)
    {
        try
        {
            // The stream overload skips a byte order mark.
            using var document = JsonDocument.Parse(new MemoryStream(json));
            var version = ToInt(document.RootElement.GetProperty("nbformat"));
            return version == 4
                ? new([.. ReadCells(document.RootElement.GetProperty("cells"))])
                : throw new CommandFailedException($"{path} uses nbformat {version}; only nbformat 4 is supported.\n"
                    + $"Convert it: jupyter nbconvert --to notebook --nbformat 4 '{path}'");
        }
        catch (JsonException) when (json.AsSpan().StartsWith("version https://git-lfs"u8))
        {
            throw new CommandFailedException($"{path} is a Git LFS pointer, not the notebook.\nFetch the notebook: git lfs pull");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            var why = json switch
            {
                [] => "it is empty",
                [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => "it is UTF-16",
                _ => e is JsonException error ? $"error on line {error.LineNumber + 1}" : "its cells cannot be read",
            };
            throw new CommandFailedException($"{path} is not a valid nbformat 4 notebook: {why}.\n{Hint}");
        }
    }

    private static IEnumerable<Cell> ReadCells(JsonElement cells)
    {
        var code = cells.EnumerateArray().Where(cell => cell.GetProperty("cell_type").ValueEquals("code")).ToList();
        var counts = code.ConvertAll(cell => ToInt(Get(cell, "execution_count")));
        var order = 0;
        foreach (var (index, cell) in code.Index())
        {
            // A cell without an execution count follows the one above it.
            var count = counts[index];
            order = count ?? order;
            var position = $"code cell {index + 1}";
            var isShared = counts.FindAll(other => other == count).Count > 1;
            var name = count is null ? position : isShared ? $"In [{count}] ({position})" : $"In [{count}]";
            var outputs = Get(cell, "outputs")?.EnumerateArray().ToList() ?? [];
            var error = outputs.Select(output => Get(output, "ename")?.GetString()).FirstOrDefault(name => name is not null);
            var (stdout, stderr) = (JoinOutputs(outputs, "stdout"), JoinOutputs(outputs, "stderr"));
            yield return new(name, count, order, Text(cell.GetProperty("source")), stdout, stderr, error);
        }
    }

    // Joins the chunks of a stream and, with stdout, the displayed texts, starting each of the texts on a new line.
    private static string JoinOutputs(List<JsonElement> outputs, string stream)
    {
        var text = new StringBuilder();
        foreach (var output in outputs)
        {
            if (output.GetProperty("output_type").ValueEquals("stream"))
            {
                var name = Get(output, "name")?.GetString() ?? "stdout";
                text.Append(name == stream ? Text(output.GetProperty("text")) : "");
            }
            else if (stream == "stdout" && Get(output, "data") is { } data && Get(data, "text/plain") is { } shown)
            {
                text.Append(text.Length == 0 || text[^1] == '\n' ? "" : "\n").Append(Text(shown)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static JsonElement? Get(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    // Some tools write 4.0.
    private static int? ToInt(JsonElement? number) => (int?)number?.GetDouble();

    // nbformat stores multi-line text as a string or as a list of strings.
    private static string Text(JsonElement text) =>
        text.ValueKind == JsonValueKind.Array ? string.Concat(text.EnumerateArray().Select(Text)) : text.GetString() ?? "";
}
