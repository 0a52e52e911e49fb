using System.Text.Json.Nodes;
using static TorchPort.Tests.NotebookOfOnesOwn;

namespace TorchPort.Tests;

/// <summary>scripts/diff-notebook.cs --execute, and scripts/run-notebook.py behind it.</summary>
public sealed class RunNotebookTests : IDisposable
{
    private const string NoTorch = "there is no Python with PyTorch on this machine";

    private readonly string _notebook = Path.GetTempFileName();

    public static bool HasTorch => Python.WithTorch is not null;

    public void Dispose() => File.Delete(_notebook);

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void A_fresh_run_of_the_notebook_prints_what_the_port_prints() => Same(Execute(Own, "--exact", "--device", "cpu"));

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void A_fresh_run_is_placed_in_the_notebooks_own_cells()
    {
        Save(_notebook, own =>
        {
            (Cell(own, 1)["execution_count"], Cell(own, 2)["execution_count"], Cell(own, 3)["execution_count"]) = (7, 9, 12);
            Replace(Cell(own, 12), "lr=0.15", "lr=0.16");
            Cells(own).Insert(0, NewCell(10, "", "print('한글')"));
        });

        Differs(Execute(_notebook), "In [10], line 1", agree: 12, differ: 10, extra: 1);
    }

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void With_exact_the_distance_is_told_in_units_in_the_last_place()
    {
        // The cost of epoch 3 is 1.22 * 2 ** -6: a 2 ** -22 of it is 2.4 units, so the float32 printed is two further on.
        Save(_notebook, own => Replace(Cell(own, 3), "cost.item()", "cost.item() * (1 + 2 ** -22 if epoch == 3 else 1)"));
        var outcome = Execute(_notebook, "--exact");

        Assert.Matches(@"\nAt most 2 units in the last place of float32 apart: 0\.01911\S+ and 0\.01911\S+ in In \[3\], epoch 3\.\n$", outcome.Stdout);
    }

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void Another_setting_is_handed_to_the_port()
    {
        Save(_notebook, own =>
        {
            Cell(own, 2)["execution_count"] = null;
            Replace(Cell(own, 3), "nb_epochs = 10", "nb_epochs = 1000");
            Replace(Cell(own, 3), "lr=0.15", "lr=0.01");
        });

        Same(Execute(_notebook, "--cell", "3", "--epochs", "1000", "--lr", "0.01"), lines: 1001);
        Assert.Contains("--epochs 1000", Execute(_notebook).Stdout, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void Training_cells_without_a_label_did_not_run()
    {
        Save(_notebook, own => Cell(own, 2)["execution_count"] = Cell(own, 3)["execution_count"] = null);

        Differs(Execute(_notebook), "code cell 6, epoch 0", agree: 0, missing: 22);
    }

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void Without_labels_it_runs_in_order_when_told_so()
    {
        Save(_notebook, own =>
        {
            foreach (var cell in Cells(own).Where(cell => IsCode(cell!)))
            {
                cell!["execution_count"] = null;
            }
        });
        Execute(_notebook).Refused(2, "--in-order");

        // From top to bottom this notebook fails, as its author's does.
        Execute(_notebook, "--in-order").Refused(2, "In [1], line 1: NameError");
        Save(_notebook, own => Cells(own).Where(cell => (int?)cell!["execution_count"] is null).ToList().ForEach(cell => Cells(own).Remove(cell)));
        Same(Execute(_notebook, "--in-order"));
    }

    [Theory(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    [InlineData("In [1], line 2: '!pip install torch' is a shell line", "x = 1\n!pip install torch")]
    [InlineData("In [1], line 1: '%%bash' is one of IPython's magics", "%%bash\nls")]
    [InlineData("In [1], line 2: input() has nobody to ask", "print('x')\ninput('name? ')")]
    [InlineData("In [1], line 2: ZeroDivisionError: division by zero", "print('before')\n1 / 0")]
    [InlineData("In [1], line 1: SystemExit", "raise SystemExit")]
    public void A_cell_that_cannot_run_is_named_with_its_line(string says, string source)
    {
        Save(_notebook, own => Cell(own, 1)["source"] = source);

        Execute(_notebook).Refused(2, says);
    }

    [Theory(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    [InlineData("%matplotlib inline")]
    [InlineData("%%time")]
    public void A_magic_that_changes_no_number_is_passed_over(string magic)
    {
        Save(_notebook, own => Replace(Cell(own, 2), "# the data", magic));
        var outcome = Execute(_notebook);

        Same(outcome with { Stderr = "" });
        Assert.Contains($"In [2], line 1: passed over '{magic}'", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Python_without_PyTorch_is_trouble()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Python.Find("import sys") is null, "needs a POSIX shell and Python");
        Python.WriteWithoutTorch(_notebook);

        Start.Script("diff-notebook.cs", Own, "--execute", "--python", _notebook).Refused(2, "In [1], line 1: ModuleNotFoundError: No module named 'torch'");
    }

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void Exact_rewrites_every_float_format_and_nothing_else()
    {
        Save(_notebook, own => Cell(own, 1)["source"] = "x = 1.1; n = 3\nprint('{:4d} {:.3f} {{:.2f}}'.format(n, x))\nprint(f'{n:4d} {x:12.3e}')\nprint('%4d %.3f %s%%' % (n, x, 'a'))\nprint('50% gone')\nraise KeyboardInterrupt");
        var outcome = Python.RunNotebook(Python.WithTorch!, _notebook, "--exact");

        Assert.Equal("   3 1.1 {:.2f}\n   3          1.1\n   3 1.1 a%\n50% gone\n", outcome.Stdout);
    }
}
