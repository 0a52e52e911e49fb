using TorchPort.Tests;
using static NotebookDiff.Tests.NotebookBuilder;

namespace NotebookDiff.Tests;

/// <summary>The verdicts on variations of the notebook, with output printed by a real PyTorch.</summary>
public sealed class NotebookVariationTests
{
    private const string Print = "'Epoch {:4d}/{} W: {:.3f}, Cost: {:.6f}'";
    private const string ByHandIdentical = "by hand, lr 0.1, epochs 0 to 10: identical, 11 lines";
    private const string SgdIdentical = "SGD, lr 0.15, epochs 0 to 10: identical, 11 lines";
    private const string InDoubt = "in doubt: its lines do not tell the learning rate";
    private const string ByHandSame = "by hand, lr 0.1, epochs 0 to 10: same numbers, 11 lines";
    private const string SgdSame = "SGD, lr 0.15, epochs 0 to 10: same numbers, 11 lines";
    private const string NoSingleRate =
        "differs: no single learning rate explains its steps, as with momentum, Adam, a schedule, clipping or no zero_grad()";

    private static readonly string s_biased = Sgd.With("x_train * W", "x_train * W + b").With("[W], lr=0.15", "[W, b], lr=0.1")
        .With("W = ", "b = torch.zeros(1, requires_grad=True)\nW = ");

    // The exit code, the cells after one of imports, and the verdicts. A verdict without a name is on In [2].
    private static readonly Dictionary<string, (int ExitCode, string[] Cells, string[] Verdicts)> s_rows = new()
    {
        ["own"] = (0, [ByHand, Sgd], [ByHandIdentical, "In [3]  " + SgdIdentical]),
        ["one cell"] = (0, [ByHand + "\n\n" + Sgd], [ByHandIdentical, SgdIdentical]),

        // Wording never counts, and a number may have any format.
        ["Korean"] = (0, [ByHand.With(Print, "'에폭 {:04d}/{} 가중치 W는 {:3f}, 비용(cost): {:.6f}'")], [ByHandSame]),
        ["str"] = (0, [Sgd.With(Print, "'{} of {} W {} cost {}'")], [SgdSame]),
        ["general"] = (0, [ByHand.With(Print, "'Epoch {}/{} W={:g} loss={:.4g}'")], [ByHandSame]),
        ["colors"] = (0, [Sgd.With("W: {:.3f}", "W: \\033[1m{:.3f}\\033[0m")], [SgdSame]),
        ["tensors"] = (0,
            [Sgd.With("W.item()", "W").With("cost.item()", "cost").With(Print, "'Epoch {}/{} W = {} cost = {}'")], [SgdSame]),
        ["a parameter"] = (0,
            [Sgd.With("torch.zeros(1, requires_grad=True)", "torch.nn.Parameter(torch.zeros(1))").With("W.item()", "W")
                .With("{:.3f}", "{}")],
            [SgdSame]),
        ["tensors that end in 0."] = (0,
            [Sgd.With("W.item()", "W.data").With("cost.item()", "cost.data").With("lr=0.15", "lr=0.1")
                .With(Print, "'Epoch {}/{} W: {} Cost: {}'")],
            ["SGD, lr 0.1, epochs 0 to 10: same numbers, 11 lines"]),

        // Which epochs are printed, and when.
        ["from 1"] = (0, [ByHand.With("range(nb_epochs + 1)", "range(1, nb_epochs + 1)")],
            ["by hand, lr 0.1, epochs 1 to 10: same numbers, counted from 1, 10 lines"]),
        ["after the step"] = (0, [AfterStep("range(nb_epochs + 1)")],
            ["SGD, lr 0.15, epochs 0 to 10: same numbers, printed after the step, 11 lines"]),
        ["from 1 after the step"] = (0, [AfterStep("range(1, nb_epochs + 1)")],
            ["SGD, lr 0.15, epochs 1 to 10: same numbers, counted from 1, printed after the step, 10 lines"]),
        ["one less"] = (0, [Sgd.With("nb_epochs + 1", "nb_epochs")], ["SGD, lr 0.15, epochs 0 to 9: identical, 10 lines"]),
        ["hundreds from 1"] = (0, [Hundreds(ByHand.With("lr = 0.1", "lr = 0.001")).With("range(nb_epochs + 1)", "range(1, 301)")],
            ["by hand, lr 0.001, epochs 100 to 300 of 1000: same numbers, counted from 1, 3 lines"]),
        ["thousands"] = (0, [Hundreds(Sgd.With("lr=0.15", "lr=0.001").With("{:4d}/{}", "{:,}/{:,}")).With("= 1000", "= 2000")],
            ["SGD, lr 0.001, epochs 0 to 2000: same numbers, 21 lines"]),
        ["of a billion"] = (0,
            [Sgd.With("lr=0.15", "lr=1e-6").With("nb_epochs + 1", "11").With("nb_epochs = 10", "nb_epochs = 10**9")],
            ["SGD, lr 1e-06, epochs 0 to 10 of 1000000000: identical, 11 lines"]),
        ["a line again"] = (0, [ByHand + "\n" + PrintOf(ByHand).With("    ", "")], [ByHandIdentical]),
        ["final line"] = (0, [ByHand + "\nprint('Final W:', W.item(), 'cost:', cost.item(), 'after 10 epochs')"],
            [ByHandIdentical, "by hand, lr 0.1, epoch 10: same numbers, printed after the step, 1 line"]),
        ["final line that fits two rates"] = (0,
            [ByHand.With("nb_epochs = 10", "nb_epochs = 13")
                + "\nsplit = 0.09\nprint('Final W:', W.item(), 'cost:', cost.item(), 'after 13 epochs')"],
            ["by hand, lr 0.1, epochs 0 to 13: identical, 14 lines",
                "by hand, lr 0.1, epoch 13: same numbers, printed after the step, 1 line"]),
        ["only the last epochs"] = (0, ["for lr in [0.01, 0.1, 1.0]:\n    "
                + ByHand.With("lr = 0.1", "").With("    print", "    if epoch == nb_epochs: print").With("\n", "\n    ")],
            ["by hand, lr 0.01, epoch 10: identical, 1 line", "by hand, lr 0.1, epoch 10: identical, 1 line",
                "by hand, lr 1, epoch 10: identical, 1 line"]),
        ["converged, and then still"] = (0, [Hundreds(ByHand).With("= 1000", "= 300000").With("% 100", "% 100000")],
            ["by hand, lr 0.1, epochs 0 to 300000: identical, 4 lines"]),
        ["diverging for long"] = (0,
            [Hundreds(Sgd.With("lr=0.15", "lr=0.22")).With("= 1000", "= 1500")],
            ["SGD, lr 0.22, epochs 0 to 1500: identical, 16 lines"]),
        ["diverging"] = (0, [ByHand.With("lr = 0.1", "lr = 0.2").With("nb_epochs = 10", "nb_epochs = 300")],
            ["by hand, lr 0.2, epochs 0 to 300: identical, 301 lines"]),

        // The numbers tell the learning rate, and the code is asked whether it names it.
        ["a variable"] = (0, [Sgd.With("lr=0.15", "lr=a").With("# set the opt", "a = 0.05 # set the opt")], [SgdAt("0.05")]),
        ["an index"] = (0, ["hp = [0.05, 10]", Sgd.With("lr=0.15", "lr=hp[0]")], ["In [3]  " + SgdAt("0.05")]),
        ["a class"] = (0, ["class Options:\n    lr = 0.05", Sgd.With("lr=0.15", "lr=Options.lr")], ["In [3]  " + SgdAt("0.05")]),
        ["calls"] = (0,
            ["def train(lr=0.3):\n    " + ByHand.With("lr = 0.1", "").With("\n", "\n    ") + "\ntrain(0.1); train(lr=0.02)"],
            [ByHandIdentical, "by hand, lr 0.02, epochs 0 to 10: identical, 11 lines"]),
        ["no name"] = (1, ["rates = {i: i / 100 for i in range(9)}", Sgd.With("lr=0.15", "lr=rates[5]")],
            ["In [3]  " + SgdAt("0.05") + ", but the code does not name lr 0.05"]),
        ["half the gradient"] = (1, [ByHand.With("torch.sum(", "2 * torch.mean(").With("W -= lr", "W -= lr / 2")],
            ["by hand, gradient of the mean, lr 0.05, epochs 0 to 10: identical, 11 lines, but the code does not name lr 0.05"]),
        ["mean"] = (0, [ByHand.With("torch.sum(", "2 * torch.mean(")],
            ["by hand, gradient of the mean, lr 0.1, epochs 0 to 10: identical, 11 lines"]),
        ["autograd"] = (0,
            [Sgd.With("optimizer = optim.SGD([W], lr=0.15)", "alpha = 0.15").With("    optimizer.zero_grad()\n", "")
                .With("optimizer.step()", "with torch.no_grad():\n        W -= alpha * W.grad\n        W.grad.zero_()")],
            ["by hand, gradient of the mean, lr 0.15, epochs 0 to 10: identical, 11 lines"]),

        // A slip in the exercise.
        ["one digit"] = (1, [Sgd.With("W.item()", "W.item() + (0.001 if epoch == 4 else 0)")],
            ["SGD, lr 0.15, epochs 0 to 10: 1 of 11 lines differs, at epoch 4"]),
        ["half of the mean"] = (1, [Sgd.With("** 2)", "** 2) / 2").With("lr=0.15", "lr=0.1")],
            ["differs: W matches the port at lr 0.05, the cost does not: 2.333333 at epoch 0, and 4.666667 in the port"]),
        ["sum"] = (1, [ByHand.With("torch.mean(", "torch.sum(")],
            ["differs: W matches the port at lr 0.1, the cost does not: 14.000000 at epoch 0, and 4.666667 in the port"]),
        ["no square"] = (1, [ByHand.With(" ** 2", "")],
            ["differs: W matches the port at lr 0.1, the cost does not: -2.000000 at epoch 0, and 4.666667 in the port"]),
        ["fourth power"] = (1, [ByHand.With("** 2", "** 4")],
            ["differs: W matches the port at lr 0.1, the cost does not: 32.666668 at epoch 0, and 4.666667 in the port"]),
        ["absolute errors"] = (1,
            [Sgd.With("torch.mean((hypothesis - y_train) ** 2)", "torch.mean(torch.abs(hypothesis - y_train))")],
            ["differs: this is another cost function: at epoch 0, W = 0.000 has cost 2.000000, not 4.666667"]),
        ["no zero_grad"] = (1, [Sgd.With("    optimizer.zero_grad()\n", "")], [NoSingleRate]),
        ["Adam"] = (1, [Sgd.With("optim.SGD", "optim.Adam")], [NoSingleRate]),
        ["momentum"] = (1, [Sgd.With("lr=0.15", "lr=0.05, momentum=0.9")], [NoSingleRate]),
        ["momentum, after the step"] = (1,
            [AfterStep("range(nb_epochs + 1)").With("lr=0.15", "lr=0.05, momentum=0.9")], [NoSingleRate]),
        ["schedule"] = (1, [ByHand.With("lr = 0.1", "lr = 0.01") + "\n    lr *= 0.9"], [NoSingleRate]),
        ["clipping"] = (1,
            [Sgd.With("    optimizer.step()", "    torch.nn.utils.clip_grad_norm_([W], 1.0)\n    optimizer.step()")],
            [NoSingleRate]),
        ["no step"] = (1, [Sgd.With("    optimizer.step()", "")], ["differs: W stays at 0, no step is taken"]),
        ["converged momentum"] = (1,
            [Hundreds(Sgd.With("lr=0.15", "lr=0.15, momentum=0.9")).With("epoch %", "epoch and epoch %")], [InDoubt]),
        ["the last line alone"] = (1, [Sgd.With("    print(", "    if epoch == 10: print(") + "\nsplit = 0.1"], [InDoubt]),

        // What is not this exercise.
        ["y = 2x"] = (0, [Doubled(ByHand), Sgd],
            ["not compared: other data or another model: at epoch 0, W = 0.000 has cost 18.666666, not 4.666667",
                "In [3]  " + SgdIdentical]),
        ["y = 2x late"] = (2, [Hundreds(Doubled(Sgd)).With("lr=0.15", "lr=0.001").With("range(", "range(1, ")],
            ["not compared: other data or another model: at epoch 100, W = 1.210 has cost 2.915560, not 0.205800"]),
        ["a bias"] = (2, [s_biased.With(", Cost", ", b: {:.3f}, Cost").With("W.item(), ", "W.item(), b.item(), ")],
            ["not compared: another model, with a bias or several weights or costs, 11 lines"]),
        ["a bias that is not printed"] = (2,
            [s_biased], ["not compared: other data or another model: at epoch 1, W = 0.933 has cost 0.074074, not 0.020949"]),
        ["W from 2"] = (2, [Sgd.With("torch.zeros(1", "torch.full((1,), 2.0")], ["not compared: W starts at 2.000, not 0"]),
        ["goes on"] = (0, [ByHand.With("nb_epochs = 10", "nb_epochs = 2"), ByHand.With("W = torch.zeros(1)\n", "")],
            ["by hand, lr 0.1, epochs 0 to 2: identical, 3 lines", "In [3]  not compared: W starts at 1.064, not 0"]),
        ["no names"] = (2,
            [ByHand.With(Print, "''").With("''.format(\n        epoch, nb_epochs, ", "epoch, ").With("item()\n    )", "item()")],
            ["not compared: print the words epoch, W and cost beside the numbers, 11 lines"]),
        ["no training"] = (2, ["print('hello')"], []),
    };

    private static readonly Lazy<Dictionary<string, string>> s_run = new(RunAll);

    public static IEnumerable<TheoryDataRow<string>> Rows => s_rows.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(Rows))]
    public void Gives_the_expected_verdicts(string name)
    {
        var (exitCode, _, verdicts) = s_rows[name];
        var outcome = Judge(Run(name));

        var expected = verdicts.Select(verdict => verdict is ['I', 'n', ' ', '[', ..] ? verdict : "In [2]  " + verdict);
        Assert.Equal(expected, outcome.Stdout.Split('\n').Where(line => line is ['I', 'n', ' ', '[', ..]));
        Assert.Equal(exitCode, outcome.ExitCode);
    }

    [Theory]
    [InlineData(0.05, 0, "identical, 11 lines")]
    [InlineData(0.15, 1, "10 of 11 lines differ, first at epoch 1")]
    public void Learning_rate_that_the_code_does_not_name_can_be_given(double rate, int exitCode, string verdict)
    {
        var outcome = Judge(Run("no name"), new(LearningRate: rate));

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.StartsWith($"In [3]  SGD, lr {rate}, epochs 0 to 10: {verdict}\n", outcome.Stdout, StringComparison.Ordinal);
    }

    // All notebooks run in one Python, since PyTorch takes seconds to load.
    private static Dictionary<string, string> RunAll()
    {
        const string Script = """
            import contextlib, io, json, sys
            for line in sys.stdin:
                notebook, names = json.loads(line), {}
                for cell in notebook['cells']:
                    printed = io.StringIO()
                    with contextlib.redirect_stdout(printed):
                        exec(cell['source'], names)
                    cell['outputs'] = [{'output_type': 'stream', 'name': 'stdout', 'text': printed.getvalue()}]
                print(json.dumps(notebook))
            """;
        var notebooks = s_rows.Values.Select(row => NotebookBuilder.FromSources([Imports, .. row.Cells]).Json() + "\n");
        var outcome = TestProcess.RunWithInput(string.Concat(notebooks), Python.WithTorch!, ["-c", Script]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Stderr));
        return s_rows.Keys.Zip(outcome.Stdout.Split('\n')).ToDictionary();
    }

    private static string Run(string name)
    {
        Assert.SkipWhen(Python.WithTorch is null, Python.TorchRequired);
        return s_run.Value[name];
    }

    private static string SgdAt(string rate) => $"SGD, lr {rate}, epochs 0 to 10: identical, 11 lines";

    private static string Hundreds(string source) =>
        source.With("nb_epochs = 10", "nb_epochs = 1000").With("    print(", "    if epoch % 100 == 0: print(");

    private static string AfterStep(string range) =>
        (Sgd.With(PrintOf(Sgd), "") + "\n" + PrintOf(Sgd)).With("range(nb_epochs + 1)", range);

    private static string PrintOf(string source)
    {
        var start = source.IndexOf("    print(", StringComparison.Ordinal);
        return source[start..source.IndexOf("    # improve", StringComparison.Ordinal)];
    }

    private static string Doubled(string source) =>
        source.With("y_train = torch.FloatTensor([[1], [2], [3]])", "y_train = torch.FloatTensor([[2], [4], [6]])");
}
