using System.Text.Json.Nodes;
using TorchPort.Tests;
using static NotebookDiff.Tests.LearnersNotebook;

namespace NotebookDiff.Tests;

/// <summary>run-notebook.py, which runs a notebook with nothing but Python and PyTorch.</summary>
public sealed class RunNotebookTests : IDisposable
{
    private static readonly string? s_python = Python.Any;

    private readonly string _notebook = Path.GetTempFileName();

    public static bool HasPython => s_python is not null;

    public void Dispose() => File.Delete(_notebook);

    [Fact(SkipUnless = nameof(HasPython), Skip = Python.NoPython)]
    public void Labelled_cells_run_in_the_order_of_their_labels()
    {
        var notebook = new LearnersNotebook().Cell("print(1)", label: 9).Cell("print(2)", label: null).Cell("print(3)", label: 3);

        Assert.Equal(new Outcome(0, "3\n1\n", ""), Run(notebook));
        Assert.Equal(new Outcome(0, "1\n2\n3\n", ""), Run(notebook, "--in-order"));
    }

    [Fact(SkipUnless = nameof(HasPython), Skip = Python.NoPython)]
    public void Without_labels_cells_run_from_top_to_bottom()
    {
        var notebook = new LearnersNotebook().Cell("print(1)", label: null).Cell("print(2)", label: null);

        Assert.Equal(new Outcome(0, "1\n2\n", ""), Run(notebook));
    }

    [Theory(SkipUnless = nameof(HasPython), Skip = Python.NoPython)]
    [InlineData("%matplotlib inline")]
    [InlineData("!pip install torch")]
    [InlineData("pip install torch")]
    [InlineData("    %time x = 3")]
    [InlineData("files = !ls")]
    [InlineData("?print")]
    [InlineData("print?")]
    public void What_only_Jupyter_runs_is_passed_over_with_a_note(string line)
    {
        var outcome = Run(new LearnersNotebook().Cell($"if True:\n    print(1)\n{line}\nprint(2)"));

        var note = $"run-notebook.py: In [1], line 3: passed over '{line?.Trim()}'\n";
        Assert.Equal(new Outcome(0, "1\n2\n", note), outcome);
    }

    [Theory(SkipUnless = nameof(HasPython), Skip = Python.NoPython)]
    [InlineData("%%time\nprint(1)", "1\n", "In [1], line 1: passed over '%%time'")]
    [InlineData("\n%%bash\nls", "", "In [1]: passed over, since %%bash is not Python")]
    [InlineData("%%html\n<b>", "", "In [1]: passed over, since %%html is not Python")]
    public void A_cell_of_another_language_is_passed_over(string source, string stdout, string note) =>
        Assert.Equal(new Outcome(0, stdout, $"run-notebook.py: {note}\n"), Run(new LearnersNotebook().Cell(source)));

    [Theory(SkipUnless = nameof(HasPython), Skip = Python.NoPython)]
    [InlineData("In [1], line 2: input() has nobody to ask", "x = 1\ninput('name? ')")]
    [InlineData("In [1], line 2: ZeroDivisionError: division by zero", "x = 1\n1 / 0")]
    [InlineData("In [1], line 1: SystemExit", "raise SystemExit")]
    [InlineData("In [1], line 1: SyntaxError", "for")]
    [InlineData("--in-order runs them from top to bottom", "x_train * W")]
    [InlineData("has no no_such_module: install it there, or name another Python with --python", "import no_such_module")]
    public void A_cell_that_cannot_run_is_named_with_its_line(string says, string source)
    {
        var outcome = Run(new LearnersNotebook().Cell(source));

        Assert.Equal(1, outcome.ExitCode);
        Assert.InRange(outcome.Errors.Length, 1, 2);
        Assert.Contains(says, outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(HasPython), Skip = Python.NoPython)]
    public void A_cell_that_raised_when_it_was_recorded_may_raise_again()
    {
        var notebook = JsonNode.Parse(new LearnersNotebook().Cell("print(1)\n1 / 0").Cell("print(2)").Json())!;
        notebook["cells"]![0]!["outputs"] = new JsonArray(new JsonObject { ["output_type"] = "error" });
        File.WriteAllText(_notebook, notebook.ToJsonString());

        var note = "run-notebook.py: In [1] raised ZeroDivisionError, and did so when it was recorded\n";
        Assert.Equal(new Outcome(0, "1\n2\n", note), Python.RunNotebook(s_python!, _notebook));
    }

    [Fact(SkipUnless = nameof(HasPython), Skip = Python.NoPython)]
    public void Exact_rewrites_every_float_format_and_nothing_else()
    {
        const string Source = """
            x = 1.1; n = 3; text = '{k:.3f}'; width = 3
            print('{:4d} {:.3f} {:.4} {:.3F} {:.2%} {{:.2f}}'.format(n, x, x, x, x))
            print('{x:.1f} {0[0]:.1f}'.format([1.1], x=x), '{:.3}'.format('abcdef'))
            print(f'{n:4d} {x:12.3e} {x:3f} {x:.{width}f} {x!r:.2} {x}')
            print('%4d %.3f %s%% %.3F' % (n, x, 'a', x))
            print(format(x, '.3f'), text, '50% gone', 7 % 4, '%d%%f' % n)
            """;

        var outcome = Run(new LearnersNotebook().Cell(Source), "--exact");
        Assert.Equal("""
               3 1.1 1.1 1.1 1.1 {:.2f}
            1.1 1.1 abc
               3          1.1 1.1 1.1 1. 1.1
               3 1.1 a% 1.1
            1.1 {k:.3f} 50% gone 3 3%f

            """.ReplaceLineEndings("\n"), outcome.Stdout);
    }

    [Fact(SkipUnless = nameof(HasPython), Skip = Python.NoPython)]
    public void A_reader_that_has_enough_ends_it_quietly()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a POSIX shell");
        File.WriteAllText(_notebook, new LearnersNotebook().Cell("for i in range(10 ** 9): print(i)").Json());

        Assert.Equal(new Outcome(0, "0\n", ""), Shell("| head -n 1"));
    }

    [Theory(SkipUnless = nameof(HasPython), Skip = Python.NoPython)]
    [InlineData("", "cannot read")]
    [InlineData("[]", "it is no notebook of nbformat 4")]
    [InlineData("{\"nbformat\": 4, \"cells\": [1]}", "it has a cell without a source")]
    [InlineData("{\"nbformat\": 3}", "it is no notebook of nbformat 4")]
    [InlineData("{\"nbformat\": 4}", "it is no notebook of nbformat 4")]
    public void What_is_no_notebook_is_trouble(string text, string says)
    {
        File.WriteAllText(_notebook, text);

        Python.RunNotebook(s_python!, _notebook).Refused(2, says, lines: 1);
    }

    private Outcome Shell(string rest) =>
        Start.Program("sh", ["-c", $"\"$@\" {rest}", "sh", s_python!, Python.Runner, _notebook]);

    private Outcome Run(LearnersNotebook notebook, params string[] options)
    {
        File.WriteAllText(_notebook, notebook.Json());
        return Python.RunNotebook(s_python!, _notebook, options);
    }
}
