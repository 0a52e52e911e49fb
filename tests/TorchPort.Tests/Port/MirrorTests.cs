using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TorchPort.Tests;

/// <summary>Checks gradient-descent.ipynb, and Notebook.cs against it.</summary>
public class MirrorTests
{
    // One rule per row of the README's table "Coming from Python", applied in order.
    private static readonly (string Row, Func<string, string> Rule)[] s_comingFromPython =
    [
        ("# the data", Replace("(?m)^( *)# ", "$1// ")),
        ("import torch", Replace("(?m)^(import|from) ", "// $1 ")),
        ("x_train = torch.FloatTensor([[1], [2], [3]])", Replace(
            @"torch\.FloatTensor\(\[\[(.)\], \[(.)\], \[(.)\]\]\)",
            "torch.tensor(new float[,] { { $1 }, { $2 }, { $3 } })")),
        ("b = torch.zeros(1, requires_grad=True)", Replace("requires_grad=True", "requires_grad: true")),
        ("W = torch.zeros(1, requires_grad=True)", Replace("(?m)^W = (.*requires_grad.*)", "W = nn.Parameter($1)")),
        ("optimizer = optim.SGD([W], lr=0.15)", Replace(
            @"optimizer = optim\.SGD\((.*)lr=", "using var optimizer = optim.SGD($1learningRate: ")),
        ("cost = torch.mean((hypothesis - y_train) ** 2)", Replace(@" \*\* 2", ".pow(2)")),
        ("W -= lr * gradient", Replace("W -= (.*)", "W.sub_($1)")),
        ("weight = W.item()", Replace(@"\.item\(\)", ".ToSingle()")),
        ("print('Epoch {:4d} W: {:.3f}'.format(epoch, weight))", InterpolatedString),
        ("print(gradient)", Replace(@"print\((\w+)\)", "print($$\"{$1}\")")),
        ("print('hello')", Replace(@"print\('([^'{]*)'\)", "print($$\"$1\")")),
        ("optimizer.step()", Replace(@"(?m)^(.* = .*|(?! *//).*\))$", "$1;")),
        ("for epoch in range(nb_epochs + 1):", Replace(
            @"for epoch in range\((.*)\):", "foreach (var epoch in Enumerable.Range(0, $1))")),
    ];

    // A training cell has local variables, uses the program's options, and frees the tensors of each epoch.
    private static readonly Func<string, string>[] s_trainingCellRules =
    [
        Replace(@"(?m)^( *)(\w+) = ", "$1var $2 = "),
        Replace("var lr = 0.1;", "var lr = learningRate ?? 0.1; // C# only: --lr"),
        Replace(@"learningRate: 0.15\);", "learningRate: learningRate ?? 0.15); // C# only: --lr"),
        Replace("var nb_epochs = 10;", "var nb_epochs = epochs ?? 10; // C# only: --epochs"),
        Replace(
            @"(?s)(foreach .*?\n)(.*)",
            "$1{\n    using var scope = torch.NewDisposeScope(); // C# only: frees the epoch's tensors\n$2\n}"),
    ];

    // The start of Notebook.cs, up to its first Markdown cell, without the documentation comments.
    private const string Header = """
        using TorchSharp; // C# only: imports go at the top of the file
        using TorchSharp.Modules;
        using static TorchSharp.torch;

        namespace TorchPort;

        internal sealed class Notebook(Action<FormattableString> print, int? epochs = null, double? learningRate = null)
        {
            // C# only: the cells share these fields. In [2] and In [3] use local variables instead.
            internal Tensor x_train = null!, y_train = null!, b = null!, hypothesis = null!, cost = null!, gradient = null!;
            internal Parameter W = null!;
            internal double lr;

        """;

    private static readonly string s_readme = File.ReadAllText($"{TestProcess.RepositoryRoot}/README.md");
    private static readonly string s_notebookCs = File.ReadAllText($"{TestProcess.RepositoryRoot}/src/TorchPort/Notebook.cs");
    private static readonly JsonNode[] s_cells =
        [.. JsonNode.Parse(File.ReadAllText(TestProcess.Notebook))!["cells"]!.AsArray().Select(cell => cell!)];

    [Fact]
    public void Notebook_is_valid()
    {
        var python = Python.Find("nbformat");
        Assert.SkipWhen(python is null, "requires Python with nbformat");
        var validate = "import nbformat, sys; nbformat.validate(nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT))";
        Assert.Equal(new ProcessResult(0, "", ""), TestProcess.Run(python!, ["-c", validate, TestProcess.Notebook]));
    }

    [Fact]
    public void Cell_numbers_and_saved_output_match_original()
    {
        var code = s_cells.Where(IsCode).ToArray();
        Assert.Equal([null, null, 1, null, null, 2, null, 3], code.Select(ExecutionCount));

        var saved = code.SelectMany(cell => cell["outputs"]!.AsArray()).Select(output => Text(output!["text"]!));
        Assert.Equal(TestProcess.ReadData("recorded-output.txt"), string.Concat(saved));
    }

    [Fact]
    public void Notebook_cs_mirrors_notebook_line_for_line()
    {
        var mirrored = s_cells.Select((cell, i) => IsCode(cell) ? Method(s_cells[i - 1], cell) : "\n" + Comment(cell));
        var withoutDocumentation = Regex.Replace(s_notebookCs, "(?m)^///.*\n", "");

        Assert.Equal($"{Header}{Indented(string.Concat(mirrored))}}}\n", withoutDocumentation);
    }

    [Fact]
    public void README_shows_In3_loop_in_Python_and_CSharp()
    {
        var source = Source(s_cells[^1]);
        var python = source[source.IndexOf("for epoch", StringComparison.Ordinal)..];
        var method = s_notebookCs.Split("In3_FullCodeWithTorchOptim()\n    {\n")[1].Split("\n    }\n")[0];
        var cs = Regex.Replace(method[method.IndexOf("foreach", StringComparison.Ordinal)..], "(?m)^ {8}", "");

        Assert.Contains($"\n```python\n{python}\n```\n\n```csharp\n{cs}\n```\n", s_readme, StringComparison.Ordinal);
    }

    [Fact]
    public void README_table_lists_mirror_rules()
    {
        var section = s_readme.Split("### Coming from Python\n")[1].Split("\n#")[0];
        var rows = section.Split('\n').Where(line => line.StartsWith('|')).Skip(2).Select(line => line.Split('|'));

        var rules = s_comingFromPython.Select(rule => ($" `{rule.Row}` ", $" `{ToCSharp(rule.Row)}` "));
        Assert.Equal(rules, rows.Select(row => (row[1], row[2])));
    }

    private static string Comment(JsonNode cell) =>
        string.Concat(Source(cell).Split('\n').Select(line => $"// {line}".TrimEnd() + "\n"));

    // Returns a cell's method, named after the execution count and the heading.
    private static string Method(JsonNode text, JsonNode cell)
    {
        var words = Regex.Matches(Source(text).Split('\n')[0], @"\w+").Select(word => word.Value);
        var heading = string.Concat(words.Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        var name = ExecutionCount(cell) is { } count ? $"In{count}_{heading}" : heading;
        var cs = ToCSharp(Source(cell));
        var body = cs.Contains("foreach", StringComparison.Ordinal) ? Apply(s_trainingCellRules, cs) : cs;
        return $"internal void {name}()\n{{\n{Indented(body)}\n}}\n";
    }

    private static string ToCSharp(string python) => Apply(s_comingFromPython.Select(row => row.Rule), python);

    private static string Apply(IEnumerable<Func<string, string>> rules, string text) =>
        rules.Aggregate(text, (text, rule) => rule(text));

    private static Func<string, string> Replace(string pattern, string replacement) =>
        text => Regex.Replace(text, pattern, replacement);

    // Moves the arguments of format() into the interpolated string. Keeps line breaks around the arguments.
    private static string InterpolatedString(string python) =>
        Regex.Replace(python, @"'(.*)'\.format\((\n.*\n *|.*)\)\)", call =>
        {
            var arguments = call.Groups[2].Value;
            var values = arguments.Trim().Split(", ");
            var formats = Regex.Replace(Regex.Replace(call.Groups[1].Value, @"{:(\d)d}", "{,$1}"), @"{:\.(\d)f}", "{:F$1}");
            var texts = formats.Split('{');
            var text = texts[0] + string.Concat(values.Zip(texts[1..], (value, rest) => $"{{{value}{rest}"));
            return arguments.Replace(arguments.Trim(), $"$\"{text}\"", StringComparison.Ordinal) + ")";
        });

    private static string Indented(string lines) => Regex.Replace(lines, "(?m)^(?=.)", "    ");

    private static bool IsCode(JsonNode cell) => (string?)cell["cell_type"] == "code";

    private static int? ExecutionCount(JsonNode cell) => (int?)cell["execution_count"];

    private static string Source(JsonNode cell) => Text(cell["source"]!);

    private static string Text(JsonNode lines) => string.Concat(lines.AsArray().Select(line => (string?)line));
}
