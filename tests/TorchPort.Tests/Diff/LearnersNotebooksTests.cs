using TorchPort.Tests;
using static NotebookDiff.Tests.LearnersNotebook;

namespace NotebookDiff.Tests;

/// <summary>What is said of notebooks as learners have them. Their lines are printed by a real PyTorch.</summary>
public sealed class LearnersNotebooksTests
{
    private const string Print = "'Epoch {:4d}/{} W: {:.3f}, Cost: {:.6f}'";
    private const string ByHandIdentical = "by hand, lr 0.1, epochs 0 to 10: identical, 11 lines";
    private const string SgdIdentical = "SGD, lr 0.15, epochs 0 to 10: identical, 11 lines";
    private const string ByHandInWords = "by hand, lr 0.1, epochs 0 to 10: same numbers, different wording, 11 lines";
    private const string SgdInWords = "SGD, lr 0.15, epochs 0 to 10: same numbers, different wording, 11 lines";

    private const string Doubt = "The code leaves doubt about its learning rate. Give it with --lr.";
    private const string DoubledCosts =
        "not compared: other data or another model, its cost begins at 18.666666 and this exercise's at 4.666667";

    private static readonly string s_biased = Sgd.With("x_train * W", "x_train * W + b").With("[W], lr=0.15", "[W, b], lr=0.1")
        .With("W = ", "b = torch.zeros(1, requires_grad=True)\nW = ");

    // Each notebook begins with a cell of imports. The exit code follows from what is said, but for a line that tells the last
    // epoch again: it counts by its numbers.
    private static readonly Dictionary<string, (string[] Cells, string[] Said)> s_rows = new()
    {
        ["own"] = ([ByHand, Sgd], ["In [2]  " + ByHandIdentical, "In [3]  " + SgdIdentical]),
        ["one cell"] = ([ByHand + "\n\n" + Sgd], ["In [2]  " + ByHandIdentical, "In [2]  " + SgdIdentical]),

        // The words around the numbers, and how the numbers are written.
        ["zeros"] = One(Sgd.With(Print, "'{:04d}/{} w: {:.3f} loss: {:.6f}'"), SgdInWords),
        ["Korean"] = One(ByHand.With(Print, "'에폭 {:4d}/{} 가중치 W는 {:.3f}, 비용(cost): {:.6f}'"), ByHandInWords),
        ["3f"] = One(ByHand.With("{:.3f}", "{:3f}"), ByHandInWords),
        ["str"] = One(Sgd.With(Print, "'{} of {} W {} cost {}'"), SgdInWords),
        ["general"] = One(ByHand.With(Print, "'Epoch {}/{} W={:g} loss={:.4g}'"), ByHandInWords),
        ["tensors"] = One(
            Sgd.With("W.item()", "W").With("cost.item()", "cost").With(Print, "'Epoch {}/{} W = {} cost = {}'"),
            SgdInWords),
        ["tensors that end in 0."] = One(
            Sgd.With("W.item()", "W.data").With("cost.item()", "cost.data").With("lr=0.15", "lr=0.1")
                .With(Print, "'Epoch {}/{} W: {} Cost: {}'"),
            "SGD, lr 0.1, epochs 0 to 10: same numbers, different wording, 11 lines"),

        // Which epochs are printed, and when.
        ["from 1"] = One(
            ByHand.With("range(nb_epochs + 1)", "range(1, nb_epochs + 1)"),
            "by hand, lr 0.1, epochs 1 to 10: same numbers, counted from 1, 10 lines"),
        ["after the step"] = One(
            AfterStep("range(nb_epochs + 1)"),
            "SGD, lr 0.15, epochs 0 to 10: same numbers, printed after the step, 11 lines"),
        ["from 1 after the step"] = One(
            AfterStep("range(1, nb_epochs + 1)"),
            "SGD, lr 0.15, epochs 1 to 10: same numbers, counted from 1, printed after the step, 10 lines"),
        ["more epochs"] = One(
            ByHand.With("nb_epochs = 10", "nb_epochs = 15"), "by hand, lr 0.1, epochs 0 to 15: identical, 16 lines"),
        ["one less"] = One(Sgd.With("nb_epochs + 1", "nb_epochs"), "SGD, lr 0.15, epochs 0 to 9: identical, 10 lines"),
        ["hundreds from 1"] = One(
            Hundreds(ByHand.With("lr = 0.1", "lr = 0.001")).With("range(nb_epochs + 1)", "range(1, 301)"),
            "by hand, lr 0.001, epochs 100 to 300 of 1000: same numbers, counted from 1, 3 lines"),
        ["thousands"] = One(
            Hundreds(Sgd.With("lr=0.15", "lr=0.001").With("{:4d}/{}", "{:,}/{:,}")).With("= 1000", "= 2000"),
            "SGD, lr 0.001, epochs 0 to 2000: same numbers, different wording, 21 lines"),
        ["a line again"] = One(ByHand + "\n" + PrintOf(ByHand).With("    ", ""), ByHandIdentical),
        ["final line"] = (
            [ByHand + "\nprint('Final W:', W.item(), 'cost:', cost.item(), 'after 10 epochs')"],
            ["In [2]  " + ByHandIdentical, "In [2]  by hand, lr 0.1, epoch 10: same numbers, printed after the step, 1 line"]),
        ["only the last epochs"] = (
            ["for lr in [0.01, 0.1, 1.0]:\n    "
                + ByHand.With("lr = 0.1", "").With("    print", "    if epoch == nb_epochs: print").With("\n", "\n    ")],
            ["In [2]  by hand, lr 0.01, epoch 10: identical, 1 line",
                "In [2]  by hand, lr 0.1, epoch 10: identical, 1 line",
                "In [2]  by hand, lr 1, epoch 10: identical, 1 line"]),

        // Where the learning rate comes from.
        ["assigned"] = One(ByHand.With("W -= lr * gradient", "W = W - lr * gradient"), ByHandIdentical),
        ["literal"] = One(ByHand.With("lr * gradient", "0.05 * gradient").With("lr = 0.1", ""), ByHandAt("0.05")),
        ["power"] = One(ByHand.With("lr = 0.1", "lr = 10 ** -2"), ByHandAt("0.01")),
        ["zero"] = One(ByHand.With("lr = 0.1", "lr = 0"), ByHandAt("0")),
        ["gradient = 0"] = One(ByHand.With("nb_epochs = 10", "gradient = 0\nnb_epochs = 10"), ByHandIdentical),
        ["dictionary"] = One(
            ByHand.With("lr = 0.1", "options = {'lr': 0.05, 'epochs': 10}").With("lr * gradient", "options['lr'] * gradient"),
            ByHandAt("0.05")),
        ["list"] = One(
            ByHand.With("lr = 0.1", "lrs = [0.1, 0.05]").With("lr * gradient", "lrs[1] * gradient"), ByHandAt("0.05")),
        ["another cell"] = (["lr = 0.05", ByHand.With("lr = 0.1", "")], ["In [3]  " + ByHandAt("0.05")]),
        ["class"] = (
            ["class Options:\n    lr = 0.05\n    other = 0.1", Sgd.With("lr=0.15", "lr=Options.lr")],
            ["In [3]  SGD, lr 0.05, epochs 0 to 10: identical, 11 lines"]),
        ["default argument"] = (
            ["def train(rate=0.05):\n    " + Sgd.With("lr=0.15", "lr=rate").With("\n", "\n    "), "train()"],
            ["In [3]  SGD, lr 0.05, epochs 0 to 10: identical, 11 lines"]),
        ["calls"] = (
            ["def train(lr=0.3):\n    " + ByHand.With("lr = 0.1", "").With("\n", "\n    ") + "\ntrain(0.1); train(lr=0.02)"],
            ["In [2]  " + ByHandIdentical, "In [2]  " + ByHandAt("0.02")]),
        ["unknown rate"] = (
            ["rates = {i: i / 100 for i in range(9)}", Sgd.With("lr=0.15", "lr=rates[5]")],
            ["In [3]  SGD, lr 0.05 (a guess), epochs 0 to 10: identical, 11 lines", Doubt]),
        ["quotient"] = (
            [ByHand.With("lr = 0.1", "").With("lr * gradient", "gradient / torch.sum(x_train ** 2)")],
            ["In [2]  by hand, lr 0.07143 (a guess), epochs 0 to 10: identical, 11 lines", Doubt]),
        ["negative"] = One(ByHand.With("lr = 0.1", "lr = -0.1"), "not compared: lr -0.1, which the port does not take"),
        ["diverging"] = One(
            ByHand.With("lr = 0.1", "lr = 0.2").With("nb_epochs = 10", "nb_epochs = 300"),
            "by hand, lr 0.2, epochs 0 to 300: identical, 301 lines"),

        // How it trains.
        ["mean"] = One(
            ByHand.With("torch.sum(", "2 * torch.mean("),
            "by hand with SGD's steps, lr 0.1, epochs 0 to 10: identical, 11 lines"),
        ["2 * lr * mean"] = One(
            ByHand.With("lr = 0.1", "lr = 0.06")
                .With("W -= lr * gradient", "W -= 2 * lr * torch.mean((W * x_train - y_train) * x_train)"),
            "by hand with SGD's steps, lr 0.06, epochs 0 to 10: identical, 11 lines"),
        ["autograd"] = One(
            Sgd.With("optimizer = optim.SGD([W], lr=0.15)", "alpha = 0.15").With("    optimizer.zero_grad()\n", "")
                .With("optimizer.step()", "with torch.no_grad():\n        W -= alpha * W.grad\n        W.grad.zero_()"),
            "by hand with SGD's steps, lr 0.15, epochs 0 to 10: identical, 11 lines"),
        ["half the gradient"] = (
            [ByHand.With("torch.sum(", "torch.mean(")],
            ["In [2]  by hand, lr 0.1, epochs 0 to 10: 10 of 11 lines differ, first at epoch 1",
                "The numbers of In [2] are those of SGD at lr 0.05."]),
        ["twice the gradient"] = (
            [ByHand.With("torch.sum(", "2 * torch.sum(").With("lr = 0.1", "lr = 0.01")],
            ["In [2]  by hand, lr 0.01, epochs 0 to 10: 10 of 11 lines differ, first at epoch 1",
                "The numbers of In [2] are those of by hand at lr 0.02."]),
        ["no step"] = (
            [Sgd.With("    optimizer.step()", "")],
            ["In [2]  SGD, lr 0.15, epochs 0 to 10: 10 of 11 lines differ, first at epoch 1",
                "W stays at 0 in In [2]: no step is taken."]),
        ["no zero_grad"] = One(
            Sgd.With("    optimizer.zero_grad()\n", ""),
            "SGD, lr 0.15, epochs 0 to 10: 9 of 11 lines differ, first at epoch 2"),
        ["one digit"] = One(
            Sgd.With("W.item()", "W.item() + (0.001 if epoch == 4 else 0)"),
            "SGD, lr 0.15, epochs 0 to 10: 1 of 11 lines differs, at epoch 4"),
        ["Adam"] = One(Sgd.With("optim.SGD", "optim.Adam"), "not compared: Adam, which the port does not have"),
        ["momentum"] = One(
            Sgd.With("lr=0.15", "lr=0.15, momentum=0.9"), "not compared: SGD with momentum, which the port does not have"),
        ["schedule"] = One(
            Sgd.With("lr=0.15)", "lr=0.15)\nscheduler = optim.lr_scheduler.StepLR(optimizer, 3)") + "\n    scheduler.step()",
            "not compared: StepLR, which the port does not have"),
        ["a rate that changes"] = One(
            ByHand + "\n    lr *= 0.9", "not compared: a learning rate that changes, which the port does not have"),

        // What is not this exercise.
        ["y = 2x"] = ([Doubled(ByHand), Sgd], ["In [2]  " + DoubledCosts, "In [3]  " + SgdIdentical]),
        ["y = 2x alone"] = One(Doubled(Sgd), DoubledCosts),
        ["y = 2x late"] = One(
            Hundreds(Doubled(Sgd)).With("lr=0.15", "lr=0.001").With("range(", "range(1, "),
            "not compared: other data or another model, at epoch 100 its cost is 2.915560 and W is 1.210, "
            + "where this exercise's cost is 0.205800"),
        ["a bias"] = One(
            s_biased.With(", Cost", ", b: {:.3f}, Cost").With("W.item(), ", "W.item(), b.item(), "),
            "not compared: another model, with a bias or more weights or costs, 11 lines"),
        ["a bias that is not printed"] = One(
            s_biased,
            "not compared: other data or another model, at epoch 1 its cost is 0.074074 and W is 0.933, "
            + "where this exercise's cost is 0.020949"),
        ["W from 5"] = One(
            ByHand.With("torch.zeros(1)", "torch.tensor([5.0])"),
            "not compared: another start, its cost begins at 74.666664 and this exercise's at 4.666667"),
        ["W from 2"] = One(Sgd.With("torch.zeros(1", "torch.full((1,), 2.0"), "not compared: another start, W = 2.000"),
        ["goes on"] = (
            [ByHand.With("nb_epochs = 10", "nb_epochs = 2"), ByHand.With("W = torch.zeros(1)\n", "")],
            ["In [2]  by hand, lr 0.1, epochs 0 to 2: identical, 3 lines",
                "In [3]  not compared: another start, its cost begins at 0.019115 and this exercise's at 4.666667"]),
        ["no training"] = (["print('hello')"], ["Not compared: 1 line of In [2]"]),
    };

    private static readonly Lazy<Dictionary<string, string>> s_run = new(RunAll);

    public static IEnumerable<TheoryDataRow<string>> Rows => s_rows.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(Rows))]
    public void Each_run_gets_its_verdict(string name)
    {
        var (json, said) = (Run(name), s_rows[name].Said);
        var answer = Judge(json);

        Assert.Equal(said, answer.Stdout.Split('\n').Where(IsVerdict));
        Assert.Equal(ExitCode(said, numbers: false), answer.ExitCode);
        Assert.Equal(ExitCode(said, numbers: true), Judge(json, new Strictness(Numbers: true)).ExitCode);
    }

    [Fact]
    public void A_learning_rate_that_the_code_leaves_in_doubt_can_be_given() =>
        Assert.Equal(
            new Outcome(0, "In [3]  SGD, lr 0.05, epochs 0 to 10: identical, 11 lines\n", ""),
            Judge(Run("unknown rate"), learningRate: 0.05));

    private static int ExitCode(string[] said, bool numbers)
    {
        string[] different = ["lines differ", "line differs", Doubt];
        var isDifferent = said.Any(line => different.Any(words => line.Contains(words, StringComparison.Ordinal)));
        var inOtherWords = Array.FindAll(said, line => line.Contains("same numbers", StringComparison.Ordinal));
        var isRejected = !numbers && Array.Exists(inOtherWords, line => !line.EndsWith("1 line", StringComparison.Ordinal));
        var isCompared = inOtherWords.Length > 0 || said.Any(line => line.Contains("identical", StringComparison.Ordinal));
        return isDifferent || isRejected ? 1 : isCompared ? 0 : 2;
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
        var notebooks = s_rows.Values.Select(row => LearnersNotebook.Of([Imports, .. row.Cells]).Json() + "\n");
        var outcome = Start.Feed(string.Concat(notebooks), Python.WithTorch!, ["-c", Script]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Stderr));
        return s_rows.Keys.Zip(outcome.Stdout.Split('\n')).ToDictionary();
    }

    // The text of a notebook that was run.
    private static string Run(string name)
    {
        Assert.SkipWhen(Python.WithTorch is null, Python.NoTorch);
        return s_run.Value[name];
    }

    // One cell, and its verdict.
    private static (string[], string[]) One(string source, string verdict) => ([source], ["In [2]  " + verdict]);

    private static string ByHandAt(string rate) => $"by hand, lr {rate}, epochs 0 to 10: identical, 11 lines";

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

    private static bool IsVerdict(string line) =>
        line.Length > 0 && line[0] is not ('-' or '+') && !line.StartsWith("...", StringComparison.Ordinal);
}
