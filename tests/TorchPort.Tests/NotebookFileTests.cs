using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TorchPort.Tests;

/// <summary>gradient-descent.ipynb, and Notebook.cs held against it.</summary>
public class NotebookFileTests
{
    private static readonly string s_folder = Path.Combine(Port.Repository, "src/TorchPort");
    private static readonly JsonNode[] s_codeCells =
        [.. JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, "gradient-descent.ipynb")))!["cells"]!.AsArray().Where(cell => (string?)cell!["cell_type"] == "code").Select(cell => cell!)];

    [Fact]
    public void Is_a_valid_notebook()
    {
        var python = Python.Find("import nbformat");
        Assert.SkipWhen(python is null, "there is no Python with nbformat on this machine");

        var outcome = Port.Run(python!, ["-c", "import nbformat, sys; nbformat.validate(nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT))", Path.Combine(s_folder, "gradient-descent.ipynb")]);
        Assert.Equal(new Outcome(0, "", ""), outcome);
    }

    [Fact]
    public void Labels_the_cells_that_its_author_ran() =>
        Assert.Equal([null, null, 1, null, null, 2, null, 3], s_codeCells.Select(cell => (int?)cell["execution_count"]));

    [Fact]
    public void Records_the_22_lines() =>
        Assert.Equal(Port.Data("recorded-output.txt"), string.Concat(s_codeCells.SelectMany(cell => cell["outputs"]!.AsArray()).SelectMany(output => output!["text"]!.AsArray()).Select(line => (string?)line)));

    [Theory]
    [InlineData(0, "Hypothesis")]
    [InlineData(1, "SimplerHypothesis")]
    [InlineData(2, "In1_DummyData")]
    [InlineData(3, "CostFunction")]
    [InlineData(4, "GradientDescent")]
    [InlineData(5, "In2_FullCode")]
    [InlineData(6, "GradientDescentWithOptim")]
    [InlineData(7, "In3_FullCodeWithOptim")]
    public void Each_cell_is_ported_line_for_line(int index, string method)
    {
        var python = string.Concat(s_codeCells[index]["source"]!.AsArray().Select(line => (string?)line));
        var cs = Regex.Match(File.ReadAllText(Path.Combine(s_folder, "Notebook.cs")), @$"internal void {method}\(\)\n    {{\n(.*?)\n    }}\n", RegexOptions.Singleline).Groups[1].Value;

        Assert.Equal(Statements(InCSharp(python)), Statements(Plain(cs)));
    }

    [Fact]
    public void The_cells_stand_in_the_notebooks_order() =>
        Assert.Equal(
            ["Hypothesis", "SimplerHypothesis", "In1_DummyData", "CostFunction", "GradientDescent", "In2_FullCode", "GradientDescentWithOptim", "In3_FullCodeWithOptim"],
            Regex.Matches(File.ReadAllText(Path.Combine(s_folder, "Notebook.cs")), @"internal void (\w+)\(\)").Select(match => match.Groups[1].Value));

    // What the two languages spell differently, and nothing else.
    private static string InCSharp(string python)
    {
        string[][] rules =
        [
            // The imports are the usings of the file.
            [@"(?m)^(from torch )?import \w+$", ""],
            [@"(?m)^( *)#", "$1//"],
            [@"torch\.FloatTensor\(\[\[1\], \[2\], \[3\]\]\)", "torch.tensor(new float[,] { { 1 }, { 2 }, { 3 } })"],
            ["requires_grad=True", "requires_grad: true"],
            // TorchSharp's optimizers take parameters.
            [@"(?m)^W = (torch\.zeros\(1, .*\))$", "W = nn.Parameter($1)"],
            [@"lr=0\.15", "learningRate: 0.15"],
            [@"\((.*)\) \*\* 2", "($1).pow(2)"],
            // In place.
            [@"W -= (.*)", "W.sub_($1)"],
            [@"for epoch in range\((.*)\):", "for (epoch = 0; epoch < $1; epoch++)"],
            [@"\.item\(\)", ".item<float>()"],
            [
                @"print\('Epoch \{:4d\}/\{\} W: \{:\.3f\}, Cost: \{:\.6f\}'\.format\(\s*(\w+), (\w+), (\S+), (\S+)\s*\)\)",
                "print($$\"Epoch {$1,4}/{$2} W: {$3:F3}, Cost: {$4:F6}\")",
            ],
        ];
        return rules.Aggregate(python, (text, rule) => Regex.Replace(text, rule[0], rule[1]));
    }

    // Without what C# needs and Python does not: types, semicolons, braces, the dispose scope, and the options' values.
    private static string Plain(string cs) =>
        Regex.Replace(cs, @"using var scope = torch\.NewDisposeScope\(\);|\b(using )?(var|long) |;(?=\s*$)|^\s*[{}]\s*$|(epochs|learningRate) \?\? ", "", RegexOptions.Multiline);

    private static IEnumerable<string> Statements(string text) => text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);
}
