using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using TorchPort;

namespace NotebookDiff;

/// <summary>A code cell of a notebook.</summary>
/// <param name="Name">Its label, <c>In [2]</c>; without one its place, <c>code cell 6</c>.</param>
/// <param name="Source">Its code.</param>
/// <param name="Lines">The lines that it printed, and those of the text that it showed.</param>
/// <param name="Error">The error that it ended in, or null.</param>
internal sealed record Cell(string Name, string Source, IReadOnlyList<string> Lines, string? Error = null);

/// <summary>A Jupyter notebook of nbformat 4.</summary>
/// <param name="Cells">Its code cells, in the order in which they were run.</param>
/// <param name="RanOn">What run-notebook.py ran it on, or null.</param>
internal sealed record NotebookFile(List<Cell> Cells, string? RanOn)
{
    private static readonly JsonSerializerOptions s_nbformat = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new Text() },
    };

    /// <summary>Reads a notebook.</summary>
    /// <exception cref="TroubleException">It cannot be read, or is no notebook.</exception>
    internal static NotebookFile Read(string path)
    {
        try
        {
            return Parse(path, File.ReadAllBytes(path), byLabel: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            var why = Directory.Exists(path) ? "it is a folder."
                : e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file."
                : e.Message;
            throw new TroubleException($"cannot read '{path}': {why}\nName a notebook, or none for the repository's own.");
        }
    }

    /// <summary>Reads a notebook from its JSON; its cells in the order of their labels, or from top to bottom.</summary>
    /// <exception cref="TroubleException">It is no notebook.</exception>
    internal static NotebookFile Parse(string path, byte[] json, bool byLabel)
    {
        var notebook = Deserialize(path, json);
        var cells = new List<(int Order, Cell Cell)>();
        foreach (var cell in notebook.Cells!.OfType<CellJson>().Where(cell => cell.CellType == "code"))
        {
            var name = cell.ExecutionCount is { } label ? $"In [{label}]" : $"code cell {cells.Count + 1}";
            var outputs = cell.Outputs?.OfType<OutputJson>().ToList() ?? [];
            var error = outputs.Find(output => output.OutputType == "error");
            var raised = error is null ? null : error.Ename ?? "of no name";

            // A cell without a label follows the cell before it.
            var order = cell.ExecutionCount ?? cells.LastOrDefault().Order;
            cells.Add((order, new(name, cell.Source, TextLines.Of(Printed(outputs)), raised)));
        }

        var run = byLabel ? cells.OrderBy(cell => cell.Order) : cells.AsEnumerable();
        return new([.. run.Select(cell => cell.Cell)], notebook.RanOn);
    }

    private static NotebookJson Deserialize(string path, byte[] json)
    {
        const string Cure = "Save it again in Jupyter: it has to be UTF-8, without NaN and without a merge conflict.";
        NotebookJson? notebook;
        try
        {
            // A stream may begin with a byte order mark.
            using var stream = new MemoryStream(json);
            notebook = JsonSerializer.Deserialize<NotebookJson>(stream, s_nbformat);
        }
        catch (JsonException e)
        {
            var why = json is [] ? "it is empty"
                : json is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] ? "it is UTF-16"
                : $"see line {e.LineNumber + 1}";
            throw new TroubleException($"{path} is no notebook of nbformat 4: {why}.\n{Cure}");
        }

        var version = notebook?.Nbformat ?? 4;
        return version != 4
            ? throw new TroubleException($"{path} is a notebook of nbformat {version}, and this reads nbformat 4.\n"
                + $"Convert it: jupyter nbconvert --to notebook --nbformat 4 '{path}'")
            : notebook?.Cells is null ? throw new TroubleException($"{path} is no notebook: it has no cells.\n{Cure}")
            : notebook;
    }

    // What went to stdout, in any chunks, and the texts that the cell showed, each on lines of its own.
    private static string Printed(List<OutputJson> outputs)
    {
        var text = new StringBuilder();
        foreach (var output in outputs)
        {
            if (output is { OutputType: "stream", Name: null or "stdout" })
            {
                text.Append(output.Text);
            }
            else if (output.Data?.TextPlain is { } shown)
            {
                text.Append(text.Length == 0 || text[^1] == '\n' ? "" : "\n").Append(shown).Append('\n');
            }
        }

        return text.ToString();
    }

    private sealed record NotebookJson(int Nbformat, List<CellJson>? Cells = null, string? RanOn = null);

    private sealed record CellJson(
        string CellType, string Source, int? ExecutionCount = null, List<OutputJson>? Outputs = null);

    private sealed record OutputJson(
        string OutputType, string? Name = null, string? Text = null, string? Ename = null, DataJson? Data = null);

    private sealed record DataJson([property: JsonPropertyName("text/plain")] string? TextPlain = null);

    // nbformat keeps a text as one string or as a list of strings.
    private sealed class Text : JsonConverter<string>
    {
        public override string Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            var isList = reader.TokenType == JsonTokenType.StartArray;
            return isList ? string.Concat(JsonSerializer.Deserialize<string[]>(ref reader, options)!) : reader.GetString()!;
        }

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value);
    }
}
