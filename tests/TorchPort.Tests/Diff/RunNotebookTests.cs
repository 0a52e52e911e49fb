using TorchPort.Tests;

namespace NotebookDiff.Tests;

/// <summary>run-notebook.py, which runs a notebook with nothing but Python and PyTorch.</summary>
public class RunNotebookTests
{
    public RunNotebookTests() => Assert.SkipWhen(Python.Any is null, Python.NoPython);

    [Fact]
    public void Cells_run_in_the_order_of_their_labels_or_else_from_top_to_bottom()
    {
        var labelled = new LearnersNotebook().Cell("print(1)", label: 9).Cell("print(2)", label: null).Cell("print(3)", label: 3);
        var unlabelled = new LearnersNotebook().Cell("print(1)", label: null).Cell("print(2)", label: null);

        Assert.Equal(new Outcome(0, "3\n1\n", ""), Run(labelled.Json()));
        Assert.Equal(new Outcome(0, "1\n2\n3\n", ""), Run(labelled.Json(), "--in-order"));
        Assert.Equal(new Outcome(0, "1\n2\n", ""), Run(unlabelled.Json()));
    }

    [Fact]
    public void What_only_Jupyter_runs_is_passed_over_with_a_note()
    {
        string[] lines = ["%time x = 3", "%matplotlib inline", "!ls", "pip install torch", "files = !ls", "?print", "print?"];
        var outcome = Run(new LearnersNotebook()
            .Cell($"if True:\n    {string.Join('\n', lines)}\nprint(1)")
            .Cell("%%time\nprint(2)")
            .Cell("\n%%bash\nls")
            .Json());

        Assert.Equal((0, "1\n2\n"), (outcome.ExitCode, outcome.Stdout));
        var notes = lines.Select((line, index) => $"In [1], line {index + 2}: passed over '{line}'")
            .Append("In [2], line 1: passed over '%%time'")
            .Append("In [3]: passed over, since %%bash is not Python");
        Assert.Equal(notes.Select(note => $"run-notebook.py: {note}"), outcome.Errors.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("In [1], line 2: input() has nobody to ask", "x = 1\ninput()")]
    [InlineData("In [1], line 2: ZeroDivisionError: division by zero", "x = 1\n1 / 0")]
    [InlineData("In [1], line 1: SystemExit", "raise SystemExit")]
    [InlineData("In [1], line 1: SyntaxError", "for")]
    [InlineData("--in-order runs them from top to bottom", "x_train * W")]
    [InlineData("has no no_such_module: install it there, or name another Python with --python", "import no_such_module")]
    public void A_cell_that_cannot_run_is_named_with_its_line(string says, string source) =>
        Run(new LearnersNotebook().Cell(source).Json()).Refused(1, says, lines: 2);

    [Fact]
    public void A_cell_that_raised_when_it_was_recorded_may_raise_again()
    {
        var json = new LearnersNotebook().Cell("print(1)\n1 / 0").Cell("print(2)").Json();
        var outcome = Run(json.With("\"outputs\":[]", """ "outputs":[{"output_type":"error"}] """));

        var note = "run-notebook.py: In [1] raised ZeroDivisionError, and did so when it was recorded\n";
        Assert.Equal(new Outcome(0, "1\n2\n", note), outcome);
    }

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

        var outcome = Run(new LearnersNotebook().Cell(Source).Json(), "--exact");
        Assert.Equal("""
               3 1.1 1.1 1.1 1.1 {:.2f}
            1.1 1.1 abc
               3          1.1 1.1 1.1 1. 1.1
               3 1.1 a% 1.1
            1.1 {k:.3f} 50% gone 3 3%f

            """.ReplaceLineEndings("\n"), outcome.Stdout);
    }

    [Fact]
    public void A_reader_that_has_enough_ends_it_quietly()
    {
        const string PipeWithoutReader = "import os\nreader, writer = os.pipe()\nos.close(reader)\nos.dup2(writer, 1)";

        Assert.Equal(new Outcome(0, "", ""), Run(new LearnersNotebook().Cell($"{PipeWithoutReader}\nprint(1)").Json()));
    }

    [Theory]
    [InlineData("cannot read", "")]
    [InlineData("it is no notebook of nbformat 4", "[]")]
    [InlineData("it is no notebook of nbformat 4", """{ "nbformat": 3, "worksheets": [] }""")]
    public void What_is_no_notebook_is_trouble(string says, string text) => Run(text).Refused(2, says, lines: 1);

    private static Outcome Run(string json, params string[] options)
    {
        var notebook = Path.Combine(Start.NewFolder(), "mine.ipynb");
        File.WriteAllText(notebook, json);
        return Python.RunNotebook(Python.Any!, notebook, options);
    }
}
