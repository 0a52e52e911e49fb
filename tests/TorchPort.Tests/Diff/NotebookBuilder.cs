using System.Text;
using System.Text.Json.Nodes;
using TorchPort;
using TorchPort.Tests;

namespace NotebookDiff.Tests;

/// <summary>Builds a notebook like a learner's, cell by cell.</summary>
internal sealed class NotebookBuilder
{
    internal const string Imports = "import torch\nfrom torch import optim";

    private static readonly JsonArray s_own = JsonNode.Parse(File.ReadAllText(TestProcess.Notebook))!["cells"]!.AsArray();

    private readonly JsonArray _cells = [];

    /// <summary>The source and the saved output of the repository's by-hand cell, and of its SGD cell.</summary>
    internal static string ByHand { get; } = JoinLines(FindCell(2)["source"]!);
    internal static string ByHandPrinted { get; } = JoinLines(FindCell(2)["outputs"]![0]!["text"]!);
    internal static string Sgd { get; } = JoinLines(FindCell(3)["source"]!);
    internal static string SgdPrinted { get; } = JoinLines(FindCell(3)["outputs"]![0]!["text"]!);

    /// <summary>Creates a notebook of cells without output.</summary>
    internal static NotebookBuilder FromSources(params string[] sources) =>
        sources.Aggregate(new NotebookBuilder(), (notebook, source) => notebook.Cell(source));

    /// <summary>Adds a code cell. Execution count 0 means the next one, null means none.</summary>
    internal NotebookBuilder Cell(string source, string printed = "", int? count = 0)
    {
        _cells.Add(new JsonObject
        {
            ["cell_type"] = "code",
            ["execution_count"] = count == 0 ? _cells.Count + 1 : count,
            ["outputs"] = printed.Length > 0 ? new JsonArray(Stream("stdout", printed)) : [],
            ["source"] = source,
        });
        return this;
    }

    internal string Json() => new JsonObject { ["nbformat"] = 4, ["cells"] = _cells.DeepClone() }.ToJsonString();

    /// <summary>Runs the diff on a notebook's saved output, in this process.</summary>
    internal static ProcessResult Judge(string json, ComparisonOptions? options = null) => Capture(output =>
    {
        var notebook = NotebookFile.Parse("mine.ipynb", Encoding.UTF8.GetBytes(json));
        var verdicts = Verdicts.Judge(notebook, notebook.FindRunCells(), options ?? new());
        return new Report("mine.ipynb", environment: null).Write(output, verdicts);
    });

    /// <summary>Captures what the diff writes, its exit code and its error.</summary>
    internal static ProcessResult Capture(Func<TextWriter, int> diff)
    {
        using var output = new StringWriter { NewLine = "\n" };
        try
        {
            return new ProcessResult(diff(output), output.ToString(), "");
        }
        catch (CommandFailedException e)
        {
            Assert.InRange(e.Message.Split('\n').Length, 1, 3);
            return new ProcessResult(2, output.ToString(), e.Message);
        }
    }

    internal static JsonObject Stream(string name, string text) =>
        new() { ["output_type"] = "stream", ["name"] = name, ["text"] = text };

    private static JsonNode FindCell(int count) => s_own.First(cell => (int?)cell!["execution_count"] == count)!;

    private static string JoinLines(JsonNode lines) => string.Concat(lines.AsArray().Select(line => (string?)line));
}

/// <summary>String replacement that fails if the old text is not found.</summary>
internal static class TextChanges
{
    internal static string With(this string text, string old, string replacement)
    {
        Assert.Contains(old, text, StringComparison.Ordinal);
        return text.Replace(old, replacement, StringComparison.Ordinal);
    }
}
