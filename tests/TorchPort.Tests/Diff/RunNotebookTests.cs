using System.Text.Json;
using TorchPort.Tests;

namespace NotebookDiff.Tests;

/// <summary>run-notebook.py, which runs cells using only Python and PyTorch.</summary>
public class RunNotebookTests
{
    public RunNotebookTests() => Assert.SkipWhen(Python.Default is null, Python.PythonRequired);

    [Fact]
    public void Jupyter_only_syntax_is_skipped_with_a_note()
    {
        string[] lines = ["%time x = 3", "%matplotlib inline", "!ls", "pip install torch", "files = !ls", "?print", "print?"];
        var outcome = Run([$"if True:\n    {string.Join('\n', lines)}\nprint(1)", "%%time\nprint(2)", "\n%%bash\nls"]);

        Assert.Equal(["1\n", "2\n", ""], Outputs(outcome));
        var notes = lines.Select((line, index) => $"In [1], line {index + 2}: skipped '{line}'")
            .Append("In [2], line 1: skipped '%%time'")
            .Append("In [3]: skipped: %%bash is not Python");
        Assert.Equal(notes.Select(note => $"run-notebook.py: {note}"), outcome.StderrLines.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("In [1], line 2: input() is not supported", "x = 1\ninput()")]
    [InlineData("In [1], line 2: ZeroDivisionError: division by zero", "x = 1\n1 / 0")]
    [InlineData("In [1], line 1: SystemExit", "raise SystemExit")]
    [InlineData("In [1], line 1: SyntaxError", "for")]
    [InlineData("Use --in-order to run them from top to bottom", "x_train * W")]
    [InlineData("has no module no_such_module. Install it, or specify another Python with --python", "import no_such_module")]
    public void Failing_cell_is_reported_with_its_line(string expected, string source) =>
        Run([source]).AssertFailed(1, expected, lines: 2);

    [Fact]
    public void Cell_with_a_saved_error_may_raise_again()
    {
        var outcome = Run(["print(1)\n1 / 0", "print(2)"], raised: true);

        Assert.Equal(["1\n", "2\n"], Outputs(outcome));
        var note = "run-notebook.py: In [1] raised ZeroDivisionError; its saved output ends in an error, too";
        Assert.Equal([note], outcome.StderrLines);
    }

    [Fact]
    public void Output_of_child_processes_is_no_part_of_the_answer() =>
        Assert.Equal(["1\n"], Outputs(Run(["import os; os.system('echo child'); print(1)"])));

    [Fact]
    public void Exact_rewrites_every_float_format_and_nothing_else()
    {
        const string Source = """
            x = 1.1; n = 3; text = '{k:.3f}'; width = 3
            print('{:4d} {:.3f} {:.1} {:.3F} {:.2%} {{:.2f}}'.format(n, x, x, x, x))
            print('{x:.1f} {0[0]:.1f}'.format([1.1], x=x), '{:.3}'.format('abcdef'))
            print(f'{n:4d} {x:12.3e} {x:3f} {x:.{width}f} {x!r:.2} {x}')
            print('%4d %.3f %s%% %.3F' % (n, x, 'a', x))
            print(format(x, '.3f'), text, '50% gone', 7 % 4, '%d%%f' % n)
            """;

        Assert.Equal(["""
               3 1.1 1.1 1.1 1.1 {:.2f}
            1.1 1.1 abc
               3          1.1 1.1 1.1 1. 1.1
               3 1.1 a% 1.1
            1.1 {k:.3f} 50% gone 3 3%f

            """.ReplaceLineEndings("\n")], Outputs(Run([Source], options: "--exact")));
    }

    private static string[] Outputs(ProcessResult outcome) =>
        JsonDocument.Parse(outcome.Stdout).RootElement.GetProperty("outputs").Deserialize<string[]>()!;

    private static ProcessResult Run(string[] sources, bool raised = false, params string[] options)
    {
        var cells = sources.Select((source, index) => new { name = $"In [{index + 1}]", source, raised });
        return TestProcess.RunWithInput(JsonSerializer.Serialize(cells), Python.Default!, [Python.Runner, .. options]);
    }
}
