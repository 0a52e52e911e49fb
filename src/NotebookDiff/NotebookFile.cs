using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchPort;

namespace NotebookDiff;

/// <summary>A code cell of a notebook.</summary>
/// <param name="Name">Its label, <c>In [2]</c>; without one its place, <c>code cell 6</c>.</param>
/// <param name="Source">Its code.</param>
/// <param name="Lines">The lines that it printed, and those of the text that it showed.</param>
/// <param name="Error">The error that it ended in, or null.</param>
internal sealed record Cell(string Name, string Source, IReadOnlyList<string> Lines, string? Error = null);

/// <summary>A Jupyter notebook of nbformat 4.</summary>
internal static class NotebookFile
{
    private const string Cure = "Name a file that Jupyter saved.";

    /// <summary>Reads the code cells of a notebook, in the order in which they were run.</summary>
    /// <exception cref="TroubleException">It cannot be read, or is no notebook.</exception>
    internal static List<Cell> Read(string path)
    {
        if (Directory.Exists(path))
        {
            throw new TroubleException($"{path} is a folder. Name a notebook in it.");
        }

        try
        {
            return Parse(path, Decode(path, File.ReadAllBytes(path)), byLabel: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            var why = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file." : e.Message;
            throw new TroubleException($"cannot read '{path}': {why}\nName a notebook, or none for the repository's own.");
        }
    }

    /// <summary>Reads the code cells of a notebook from its JSON, in the order of their labels, or from top to bottom.</summary>
    /// <exception cref="TroubleException">It is no notebook.</exception>
    internal static List<Cell> Parse(string path, string json, bool byLabel)
    {
        var root = Root(path, json);
        var cells = new List<(int Order, Cell Cell)>();
        var place = "";
        try
        {
            foreach (var cell in Member(root, "cells").AsArray().Where(cell => (string?)Member(cell, "cell_type") == "code"))
            {
                place = $"code cell {cells.Count + 1}: ";
                var label = (int?)cell!["execution_count"];
                var name = label is null ? place[..^2] : $"In [{label}]";
                var outputs = cell["outputs"]?.AsArray().OfType<JsonObject>().ToList() ?? [];
                var error = outputs.Find(output => IsOfType(output, "error"));
                var raised = error is null ? null : (string?)error["ename"] ?? "of no name";

                // A cell without a label follows the cell before it.
                var order = label ?? cells.LastOrDefault().Order;
                cells.Add((order, new(name, Joined(Member(cell, "source")), TextLines.Of(Printed(outputs)), raised)));
            }
        }
        catch (Exception e) when (IsWrongShape(e))
        {
            var what = e is KeyNotFoundException ? e.Message
                : json.Contains("\\ud", StringComparison.OrdinalIgnoreCase) ? "a text has half a character (\\ud8..)."
                : "a value is of another kind than it should be.";
            throw new TroubleException($"{path} is no notebook of nbformat 4: {place}{what}\nSave it again in Jupyter.");
        }

        var run = byLabel ? cells.OrderBy(cell => cell.Order) : cells.AsEnumerable();
        return [.. run.Select(cell => cell.Cell)];
    }

    private static string Decode(string path, byte[] bytes)
    {
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw new TroubleException($"{path} is UTF-16, and a notebook is UTF-8. Save it as UTF-8.");
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\ufeff');
        }
        catch (DecoderFallbackException e)
        {
            var line = 1 + bytes.AsSpan(0, e.Index).Count((byte)'\n');
            throw new TroubleException($"{path} is not UTF-8: see line {line}. Save it as UTF-8.");
        }
    }

    private static JsonObject Root(string path, string json)
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            throw new TroubleException($"{path} is empty. Name a file that Jupyter saved.");
        }

        try
        {
            var root = JsonNode.Parse(json);
            var version = (int)Member(root, "nbformat");
            return version == 4 ? root!.AsObject() : throw new TroubleException(
                $"{path} is a notebook of nbformat {version}, and this reads nbformat 4.\n"
                + $"Convert it: jupyter nbconvert --to notebook --nbformat 4 '{path}'");
        }
        catch (JsonException e)
        {
            var line = json.Split('\n').ElementAtOrDefault((int)(e.LineNumber ?? 0)) ?? "";
            var cure = json.Contains("<<<<<<< ", StringComparison.Ordinal) ? "It has a merge conflict: resolve that first."
                : line.Contains("NaN", StringComparison.Ordinal) ? "JSON has no NaN: put null there."
                : Cure;
            throw new TroubleException($"{path} cannot be read as the JSON of a notebook: see line {e.LineNumber + 1}.\n{cure}");
        }
        catch (Exception e) when (IsWrongShape(e))
        {
            throw new TroubleException($"{path} is JSON, but not a notebook: it has no nbformat.\n{Cure}");
        }
    }

    // What went to stdout, in any chunks, and the texts that the cell showed, each on lines of its own.
    private static string Printed(List<JsonObject> outputs)
    {
        var text = new StringBuilder();
        foreach (var output in outputs)
        {
            if (IsOfType(output, "stream") && (string?)output["name"] is null or "stdout")
            {
                text.Append(Joined(output["text"]));
            }
            else if ((output["data"] as JsonObject)?["text/plain"] is { } shown)
            {
                text.Append(text.Length == 0 || text[^1] == '\n' ? "" : "\n").Append(Joined(shown)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static bool IsOfType(JsonObject output, string type) => (string?)output["output_type"] == type;

    private static JsonNode Member(JsonNode? node, string key) =>
        (node as JsonObject)?[key] ?? throw new KeyNotFoundException($"{key} is missing.");

    // nbformat keeps a text as one string or as a list of strings.
    private static string Joined(JsonNode? text) =>
        text is JsonArray lines ? string.Concat(lines.Select(line => (string?)line)) : (string?)text ?? "";

    // What System.Text.Json throws where a value is missing or of another kind, or a key stands twice.
    private static bool IsWrongShape(Exception e) =>
        e is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or OverflowException;
}
