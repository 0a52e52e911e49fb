using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static TorchPort.Tests.NotebookOfOnesOwn;

namespace TorchPort.Tests;

/// <summary>gradient-descent.ipynb, and Notebook.cs held against it.</summary>
public class MirrorTests
{
    // The project's dictionary from Python to C#, as "Coming from Python" in the README has it.
    private static readonly (string Python, string CSharp)[] s_dictionary =
    [
        ("(?m)^( *)# ", "$1// "),
        ("(?m)^(import|from) ", "// $1 "),
        (@"torch\.FloatTensor\(\[(.*)\]\)", "torch.tensor(new float[,] { $1 })"),
        (@"\[(\d)\]", "{ $1 }"),
        ("(?m)^W = (.*requires_grad=True.*)", "W = nn.Parameter($1)"),
        ("requires_grad=True", "requires_grad: true"),
        ("lr=", "learningRate: "),
        (@" \*\* (\d)", ".pow($1)"),
        ("W -= (.*)", "W.sub_($1)"),
        (@"\.item\(\)", ".ToSingle()"),
        (@"print\('(.*){:4d}(.*){}(.*){:\.(\d)f}(.*){:\.(\d)f}'\.format\(\s+(.*), (.*), (.*), (.*)\s+\)\)", "print($$\"$1{$7,4}$2{$8}$3{$9:F$4}$5{$10:F$6}\")"),
        // A statement ends in a semicolon, also one that is commented out.
        (@"(?m)^( *[^/ \n].*[^:\n]|.* = .*)$", "$1;"),
        (@"(?s)for epoch in range\((.*?)\):\n(.*)", "foreach (var epoch in Enumerable.Range(0, $1))\n{\n$2\n}"),
        ("optimizer = ", "using var optimizer = "),
    ];

    // What C# needs and Python does not, each with its mark: the dispose scope, and the values of the program's options.
    private static readonly (string CSharp, string Left)[] s_csharpOnly =
    [
        (@" *using var scope = torch\.NewDisposeScope\(\); // C# only: .*\n", ""),
        (@"(learningRate|epochs) \?\? (.*) // C# only: .*", "$2"),
    ];

    private static readonly string s_folder = Path.Combine(Start.Repository, "src/TorchPort");
    private static readonly JsonNode[] s_cells = [.. JsonNode.Parse(File.ReadAllText(Own))!["cells"]!.AsArray().Select(cell => cell!)];

    [Fact]
    public void Is_a_valid_notebook()
    {
        var python = Python.Find("import nbformat");
        Assert.SkipWhen(python is null, "there is no Python with nbformat on this machine");

        var outcome = Start.Program(python!, ["-c", "import nbformat, sys; nbformat.validate(nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT))", Own]);
        Assert.Equal(new Outcome(0, "", ""), outcome);
    }

    [Fact]
    public void Labels_the_cells_that_its_author_ran_and_records_the_22_lines()
    {
        var code = s_cells.Where(IsCode).ToArray();

        Assert.Equal([null, null, 1, null, null, 2, null, 3], code.Select(cell => (int?)cell["execution_count"]));
        Assert.Equal(Start.Data("recorded-output.txt"), string.Concat(code.SelectMany(cell => cell["outputs"]!.AsArray()).Select(output => Text(output!["text"]!))));
    }

    [Fact]
    public void Notebook_cs_is_the_notebook_word_for_word_and_line_for_line()
    {
        var notebook = new List<string>();
        var heading = "";
        foreach (var cell in s_cells)
        {
            var source = Text(cell["source"]!);
            notebook.Add(IsCode(cell) ? Method(heading, (int?)cell["execution_count"], source) : string.Concat(source.Split('\n').Select(line => $"// {line}".TrimEnd() + "\n")));
            heading = IsCode(cell) ? heading : source.Split('\n')[0];
        }

        // Above the cells: the usings, the class and its fields.
        var cs = Regex.Match(File.ReadAllText(Path.Combine(s_folder, "Notebook.cs")), """
            \A(using .*\n)+\nnamespace .*\n\n(///.*\n)+internal sealed class .*\n{\n( +// C# only: .*\n)( +internal [^()]*;\n)+\n(?<cells>(.*\n)*)}\n\z
            """);
        var cells = Replaced(cs.Groups["cells"].Value, s_csharpOnly);

        Assert.Equal(string.Join('\n', notebook).Replace("\n\ninternal void", "\ninternal void", StringComparison.Ordinal), Regex.Replace(cells, "(?m)^    ", ""));
    }

    [Fact]
    public void The_README_shows_In3_as_it_is()
    {
        var readme = File.ReadAllText(Path.Combine(Start.Repository, "README.md"));
        var cs = File.ReadAllText(Path.Combine(s_folder, "Notebook.cs"));

        Assert.Contains($"```python\n{Text(s_cells[^1]["source"]!)}\n```\n", readme, StringComparison.Ordinal);
        Assert.Contains($"```csharp\n{Regex.Match(cs, @"void In3_\w+\(\)\n    {\n((.*\n)*)    }\n}").Groups[1].Value.Replace("\n        ", "\n", StringComparison.Ordinal).TrimStart()}```\n", readme, StringComparison.Ordinal);
    }

    // A code cell is a method named for its label and its heading. The two that train have variables of their own.
    private static string Method(string heading, int? label, string python)
    {
        var name = (label is null ? "" : $"In{label}_") + string.Concat(Regex.Matches(heading, @"\w+").Select(word => char.ToUpperInvariant(word.Value[0]) + word.Value[1..]));
        var cs = Replaced(python, s_dictionary);
        cs = cs.Contains("foreach", StringComparison.Ordinal) ? Regex.Replace(cs, @"(?m)^( *)(\w+) = ", "$1var $2 = ") : cs;
        return $"internal void {name}()\n{{\n{Regex.Replace(cs, "(?m)^(?=.)", "    ")}\n}}\n";
    }

    private static string Replaced(string text, (string Pattern, string Replacement)[] rules) =>
        rules.Aggregate(text, (text, rule) => Regex.Replace(text, rule.Pattern, rule.Replacement));
}
