using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TorchPort.Tests;

/// <summary>The repository's notebook, changed as learners change it, and scripts/diff-notebook.cs run on that.</summary>
internal static class NotebookOfOnesOwn
{
    /// <summary>The repository's notebook.</summary>
    internal static string Own { get; } = Path.Combine(Start.Repository, "src/TorchPort/gradient-descent.ipynb");

    /// <summary>The lines of its In [2].</summary>
    internal static string[] In2 { get; } = Start.Data("recorded-output.txt").Split('\n')[..11];

    /// <summary>The lines of its In [3].</summary>
    internal static string[] In3 { get; } = Start.Data("recorded-output.txt").Split('\n')[11..22];

    internal static Outcome Execute(string notebook, params string[] options) =>
        Start.Script("diff-notebook.cs", [notebook, "--execute", "--python", Python.WithTorch!, "--port", Start.Executable, .. options]);

    internal static void Same(Outcome outcome, int lines = 22)
    {
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Stderr));
        Assert.StartsWith($"{lines} lines are identical", outcome.Stdout, StringComparison.Ordinal);
    }

    // The verdict is the last line; its numbers and its place are asserted.
    internal static void Differs(Outcome outcome, string place, int agree, int differ = 0, int missing = 0, int extra = 0)
    {
        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Stderr));
        var verdict = outcome.Stdout.Split('\n')[^2];
        Assert.Equal((agree, differ, missing, extra), (Count("lines? agrees?"), Count("differs?"), Count("(is|are) missing"), Count("(is|are) extra")));
        Assert.EndsWith($"; the first is {place}.", verdict, StringComparison.Ordinal);

        int Count(string what) => Regex.Match(verdict, $@"([0-9]+) {what}\b") is { Success: true } match ? int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : 0;
    }

    internal static JsonArray Cells(JsonObject notebook) => notebook["cells"]!.AsArray();

    internal static JsonNode Cell(JsonObject notebook, int label) => Cells(notebook).First(cell => (int?)cell!["execution_count"] == label)!;

    internal static void Output(JsonObject notebook, int label, string[] lines) => Cell(notebook, label)["outputs"] = new JsonArray(Stream("stdout", string.Concat(lines.Select(line => line + "\n"))));

    internal static void Replace(JsonNode cell, string old, string with)
    {
        var source = Text(cell["source"]!);
        Assert.Contains(old, source, StringComparison.Ordinal);
        cell["source"] = source.Replace(old, with, StringComparison.Ordinal);
    }

    // nbformat keeps a text as one string or as a list of strings.
    internal static string Text(JsonNode text) => text is JsonArray lines ? string.Concat(lines.Select(line => (string?)line)) : (string)text!;

    internal static bool IsCode(JsonNode cell) => (string?)cell["cell_type"] == "code";

    internal static JsonObject NewCell(int label, string printed, string source = "") => new()
    {
        ["cell_type"] = "code",
        ["execution_count"] = label,
        ["metadata"] = new JsonObject(),
        ["source"] = source,
        ["outputs"] = new JsonArray(Stream("stdout", printed + "\n")),
    };

    internal static JsonObject Stream(string name, string text) => new() { ["output_type"] = "stream", ["name"] = name, ["text"] = text };

    internal static Outcome Diff(string notebook, params string[] options) => Start.Script("diff-notebook.cs", [notebook, "--port", Start.Executable, .. options]);

    // The repository's notebook, changed.
    internal static void Save(string path, Action<JsonObject> change)
    {
        var notebook = JsonNode.Parse(File.ReadAllText(Own))!.AsObject();
        change(notebook);
        File.WriteAllText(path, notebook.ToJsonString());
    }
}
