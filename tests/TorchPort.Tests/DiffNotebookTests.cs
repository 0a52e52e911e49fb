using System.Text.Json.Nodes;

namespace TorchPort.Tests;

/// <summary>scripts/diff-notebook.cs, run on the repository's notebook and on what learners make of it.</summary>
public sealed class DiffNotebookTests : IDisposable
{
    private static readonly string s_own = Path.Combine(Port.Repository, "src/TorchPort/gradient-descent.ipynb");
    private static readonly string[] s_in2 = Port.Data("recorded-output.txt").Split('\n')[..11];
    private static readonly string[] s_in3 = Port.Data("recorded-output.txt").Split('\n')[11..22];

    private readonly string _notebook = Path.GetTempFileName();

    public void Dispose() => File.Delete(_notebook);

    [Fact]
    public void The_notebooks_recording_is_what_the_port_prints() =>
        Same(Diff(), $"22 lines are identical: the port, and {Path.GetRelativePath(Environment.CurrentDirectory, s_own)}, as recorded.");

    [Fact]
    public void A_fresh_run_of_the_notebook_prints_what_the_port_prints()
    {
        Assert.SkipWhen(Python.WithTorch is null, "there is no Python with PyTorch on this machine");

        Same(Diff(s_own, "--execute", "--exact", "--device", "cpu", "--python", Python.WithTorch!), $"22 lines are identical: the port, and {s_own}, run by {Python.WithTorch}.");
    }

    [Fact]
    public void One_changed_digit_is_shown_and_placed()
    {
        Save(Cell(2, s_in2), Cell(3, s_in3.Select(line => line.Replace("0.974", "0.975", StringComparison.Ordinal))));
        var outcome = Diff(_notebook);

        Assert.Equal(1, outcome.ExitCode);
        Assert.StartsWith($"--- {_notebook}, as recorded\n+++ the port\n@@ ", outcome.Stdout, StringComparison.Ordinal);
        Assert.Equal(["-Epoch    4/10 W: 0.975, Cost: 0.003058", "+Epoch    4/10 W: 0.974, Cost: 0.003058"], Changes(outcome));
        Assert.EndsWith("1 of 22 lines differ, the first in In [3], epoch 4.\n", outcome.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fresh_run_that_differs_is_placed()
    {
        Assert.SkipWhen(Python.WithTorch is null, "there is no Python with PyTorch on this machine");
        File.WriteAllText(_notebook, File.ReadAllText(s_own).Replace("lr=0.15", "lr=0.16", StringComparison.Ordinal));
        var outcome = Diff(_notebook, "--execute", "--python", Python.WithTorch!);

        Assert.Equal(1, outcome.ExitCode);
        Assert.EndsWith("10 of 22 lines differ, the first in In [3], epoch 1.\n", outcome.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.001", 0)]
    [InlineData("0.0009", 1)]
    public void A_tolerance_covers_numbers_that_far_apart(string tolerance, int exitCode)
    {
        Save(Cell(2, s_in2), Cell(3, s_in3.Select(line => line.Replace("0.974", "0.975", StringComparison.Ordinal))));

        Assert.Equal(exitCode, Diff(_notebook, "--tolerance", tolerance).ExitCode);
    }

    [Fact]
    public void A_tolerance_pairs_lines_around_others()
    {
        Save(Cell(2, ["data ready", .. s_in2.Select(line => line.Replace("1.064", "1.065", StringComparison.Ordinal))]), Cell(3, s_in3));
        var outcome = Diff(_notebook, "--tolerance", "0.01");

        Assert.Equal(["-data ready"], Changes(outcome));
    }

    [Fact]
    public void Other_cells_and_prints_are_lines_that_the_port_lacks()
    {
        Save(Cell(1, ["torch.Size([3, 1])"]), Cell(5, s_in2), Cell(7, [.. s_in3, "done"]), Cell(null, []));
        var outcome = Diff(_notebook);

        Assert.Equal(["-torch.Size([3, 1])", "-done"], Changes(outcome));
        Assert.EndsWith("2 of 24 lines differ, the first in In [1], line 1 of the output.\n", outcome.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_format_differs_in_every_line()
    {
        Save(Cell(4, s_in2.Select(WithoutComma)), Cell(9, s_in3.Select(WithoutComma)));
        var outcome = Diff(_notebook);

        Assert.Equal(44, Changes(outcome).Count());
        Assert.EndsWith("22 of 22 lines differ, the first in In [4], epoch 0.\n", outcome.Stdout, StringComparison.Ordinal);

        static string WithoutComma(string line) => line.Replace(",", "", StringComparison.Ordinal);
    }

    [Fact]
    public void Cells_count_in_the_order_in_which_they_were_run()
    {
        Save(Cell(8, s_in3), Cell(6, s_in2));

        Assert.Equal(0, Diff(_notebook).ExitCode);
    }

    [Fact]
    public void Text_may_be_one_string_in_chunks_with_CRLF_and_a_BOM_beside_other_outputs()
    {
        var cell = Cell(2, []);
        cell["outputs"] = new JsonArray(
            Stream("stdout", string.Join("\r\n", s_in2[..4]) + "\r\nEpo"),
            Stream("stderr", "a warning\n"),
            new JsonObject { ["output_type"] = "display_data", ["data"] = new JsonObject { ["image/png"] = "iVBORw0KGgo=" }, ["metadata"] = new JsonObject() },
            Stream("stdout", string.Join("\r\n", s_in2[4..])["Epo".Length..] + "\r\n"),
            new JsonObject { ["output_type"] = "execute_result", ["data"] = new JsonObject { ["text/plain"] = "tensor([1.])" }, ["execution_count"] = 2, ["metadata"] = new JsonObject() });
        Save(cell, Cell(3, s_in3));
        File.WriteAllText(_notebook, File.ReadAllText(_notebook).Replace("\n", "\r\n", StringComparison.Ordinal), new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        Assert.Equal(0, Diff(_notebook).ExitCode);
    }

    [Fact]
    public void A_notebook_of_100_MB_is_read()
    {
        var picture = new JsonObject { ["output_type"] = "display_data", ["data"] = new JsonObject { ["image/png"] = new string('A', 100_000_000) }, ["metadata"] = new JsonObject() };
        var cell = Cell(1, []);
        cell["outputs"] = new JsonArray(picture);
        Save(cell, Cell(2, s_in2), Cell(3, s_in3));

        Assert.Equal(0, Diff(_notebook).ExitCode);
    }

    [Fact]
    public void Nothing_of_the_notebook_runs_without_execute()
    {
        var proof = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var cell = Cell(2, s_in2);
        cell["source"] = $"open({JsonValue.Create(proof).ToJsonString()}, 'w')";
        Save(cell, Cell(3, s_in3));

        Assert.Equal(0, Diff(_notebook).ExitCode);
        Assert.False(File.Exists(proof));
    }

    [Theory]
    [InlineData("is empty", "")]
    [InlineData("cannot be read as the JSON of a notebook", "hello")]
    [InlineData("cannot be read as the JSON of a notebook", "{\"nbformat\": 4, \"cells\": [")]
    [InlineData("names no nbformat", "[1, 2, 3]")]
    [InlineData("names no nbformat", "{\"cells\": []}")]
    [InlineData("jupyter nbconvert --to notebook --nbformat 4", "{\"nbformat\": 3, \"worksheets\": []}")]
    [InlineData("is no notebook of nbformat 4", "{\"nbformat\": 4}")]
    [InlineData("is no notebook of nbformat 4", "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\"}]}")]
    [InlineData("is no notebook of nbformat 4", "{\"nbformat\": \"four\", \"cells\": []}")]
    [InlineData("has no cell with a recorded output", "{\"nbformat\": 4, \"cells\": []}")]
    public void What_is_no_notebook_is_trouble(string says, string content)
    {
        File.WriteAllText(_notebook, content);

        Diff(_notebook).Refused(2, says);
    }

    [Fact]
    public void Deeply_nested_JSON_is_trouble()
    {
        File.WriteAllText(_notebook, new string('[', 10_000) + new string(']', 10_000));

        Diff(_notebook).Refused(2, "cannot be read as the JSON of a notebook");
    }

    [Theory]
    [InlineData("Could not find", "no-such-file.ipynb")]
    [InlineData("is a folder", "/")]
    [InlineData("--exact needs --execute", "--exact")]
    [InlineData("--tolerance takes a number that is not negative, not '-1'", "--tolerance", "-1")]
    [InlineData("not 'x'", "--tolerance", "x")]
    [InlineData("--bogus", "--bogus")]
    [InlineData("there is no program no-such-python", "--execute", "--python", "no-such-python")]
    public void A_wrong_command_line_is_trouble(string says, params string[] arguments) => Diff(arguments).Refused(2, says);

    [Fact]
    public void A_Python_without_PyTorch_is_trouble()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("needs a POSIX shell");
            return;
        }

        var python = Python.Find("import sys");
        Assert.SkipWhen(python is null, "there is no Python on this machine");
        // Without site-packages (-S, -I) no Python finds a PyTorch.
        File.WriteAllText(_notebook, $"#!/bin/sh\nexec {python} -S -I \"$@\"\n");
        File.SetUnixFileMode(_notebook, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Diff(s_own, "--execute", "--python", _notebook).Refused(2, "In [1]: ModuleNotFoundError: No module named 'torch'");
    }

    [Fact]
    public void Exact_rewrites_every_float_format_and_nothing_else()
    {
        Assert.SkipWhen(Python.WithTorch is null, "there is no Python with PyTorch on this machine");
        var cell = Cell(1, []);
        cell["source"] = "x = 1.1; n = 3\nprint('{:4d} {:.3f} {{:.2f}}'.format(n, x))\nprint(f'{n:4d} {x:12.3e}')\nprint('%4d %.3f %s%%' % (n, x, 'a'))";
        Save(cell);
        var outcome = Port.Run(Python.WithTorch!, [Path.Combine(Port.Repository, "scripts/run-notebook.py"), _notebook, "--exact"]);

        Assert.Equal(new Outcome(0, "   3 1.1 {:.2f}\n   3          1.1\n   3 1.1 a%\n", ""), outcome);
    }

    [Fact]
    public void A_cell_that_raises_is_trouble()
    {
        Assert.SkipWhen(Python.WithTorch is null, "there is no Python with PyTorch on this machine");
        var cell = Cell(7, []);
        cell["source"] = "print('before')\n1 / 0";
        Save(cell);

        Diff(_notebook, "--execute", "--python", Python.WithTorch!).Refused(2, "run-notebook.py: In [7]: ZeroDivisionError: division by zero");
    }

    [Fact]
    public void A_port_that_does_not_start_is_trouble()
    {
        var outcome = Port.Run("dotnet", ["run", Path.Combine(Port.Repository, "scripts/diff-notebook.cs"), "--", "--device", "cuda"], ("TorchBackend", "cpu"));

        outcome.Refused(2, "the port ended with exit code 1");
        Assert.Contains("this build carries libtorch for the CPU only", outcome.Stderr, StringComparison.Ordinal);
    }

    private static Outcome Diff(params string[] arguments) =>
        Port.Run("dotnet", ["run", Path.Combine(Port.Repository, "scripts/diff-notebook.cs"), "--", .. arguments]);

    private static void Same(Outcome outcome, string line) => Assert.Equal(new Outcome(0, line + "\n", ""), outcome with { Stdout = outcome.Stdout.ReplaceLineEndings("\n") });

    private static IEnumerable<string> Changes(Outcome outcome) =>
        outcome.Stdout.Split('\n').SkipWhile(line => !line.StartsWith("@@", StringComparison.Ordinal)).Where(line => line is ['-' or '+', ..]);

    private static JsonObject Cell(int? label, IEnumerable<string> lines) => new()
    {
        ["cell_type"] = "code",
        ["execution_count"] = label,
        ["metadata"] = new JsonObject(),
        ["source"] = "",
        ["outputs"] = new JsonArray(Stream("stdout", string.Concat(lines.Select(line => line + "\n")))),
    };

    private static JsonObject Stream(string name, string text) => new() { ["output_type"] = "stream", ["name"] = name, ["text"] = text };

    private void Save(params JsonObject[] cells) => File.WriteAllText(
        _notebook,
        new JsonObject { ["nbformat"] = 4, ["nbformat_minor"] = 4, ["metadata"] = new JsonObject(), ["cells"] = new JsonArray([.. cells]) }.ToJsonString());
}
