using TorchPort.Tests;
using static NotebookDiff.Tests.LearnersNotebook;

namespace NotebookDiff.Tests;

/// <summary>What is said of notebooks as learners have them. Their lines are printed by a real PyTorch.</summary>
public sealed class LearnersNotebooksTests
{
    private const string Print = "'Epoch {:4d}/{} W: {:.3f}, Cost: {:.6f}'";
    private const string OtherModel = """
        x, y = torch.FloatTensor([[1], [2], [3]]), torch.FloatTensor([[2], [4], [6]])
        W, b = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
        optimizer = optim.SGD([W, b], lr=0.01)
        for epoch in range(3):
            cost = torch.mean((x * W + b - y) ** 2)
            print(f'Epoch {epoch}/3 W: {W.item():.3f}, b: {b.item():.3f} Cost: {cost.item():.6f}')
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
        """;

    private const string Autograd = """
        x = y = torch.FloatTensor([[1], [2], [3]])
        W = torch.zeros(1, requires_grad=True)
        alpha = 0.15
        for epoch in range(11):
            cost = ((x * W - y) ** 2).mean()
            print('Epoch {:4d}/10 W: {:.3f}, Cost: {:.6f}'.format(epoch, W.item(), cost.item()))
            cost.backward()
            with torch.no_grad():
                W -= alpha * W.grad
                W.grad.zero_()
        """;

    private const string ByHandIdentical = "by hand, lr 0.1, epochs 0 to 10: identical, 11 lines";
    private const string SgdIdentical = "SGD, lr 0.15, epochs 0 to 10: identical, 11 lines";
    private const string ByHandInWords = "by hand, lr 0.1, epochs 0 to 10: the same numbers in other words, 11 lines";
    private const string SgdInWords = "SGD, lr 0.15, epochs 0 to 10: the same numbers in other words, 11 lines";

    private static readonly Port s_port = new([Start.Executable, "--device", "cpu"]);

    private static readonly Dictionary<string, Row> s_rows = new()
    {
        ["own"] = Identical(
            Of(ByHand, Sgd),
            "In [2]  " + ByHandIdentical,
            "In [3]  " + SgdIdentical),
        ["course"] = InOtherWords(
            Of("print(torch.zeros(3, 1).shape)\nprint(torch.zeros(3, 1).shape)", ByHand, Sgd.With(", Cost", " Cost")),
            "In [3]  " + ByHandIdentical,
            "In [4]  " + SgdInWords,
            "Not compared: 2 lines of In [2]"),
        ["lower case"] = InOtherWords(
            Of(ByHand.With("Cost:", "cost:"), Sgd.With("Cost:", "cost:")),
            "In [2]  " + ByHandInWords,
            "In [3]  " + SgdInWords),
        ["comma"] = InOtherWords(
            Of(ByHand.With("/{} W", "/{}, W"), Sgd.With("/{} W", "/{}, W")),
            "In [2]  " + ByHandInWords,
            "In [3]  " + SgdInWords),
        ["blanks"] = InOtherWords(
            Of(ByHand.With("W: ", "W : ").With("Cost: ", "Cost : ")),
            "In [2]  " + ByHandInWords),
        ["zeros"] = InOtherWords(
            Of(Sgd.With(Print, "'{:04d}/{} w: {:.3f} loss: {:.6f}'")),
            "In [2]  " + SgdInWords),
        ["Korean"] = InOtherWords(
            Of(ByHand.With(Print, "'에폭 {:4d}/{} 가중치 W는 {:.3f}, 비용(cost): {:.6f}'")),
            "In [2]  " + ByHandInWords),
        ["3f"] = InOtherWords(
            Of(ByHand.With("{:.3f}", "{:3f}"), Sgd.With("{:.3f}", "{:.8f}")),
            "In [2]  " + ByHandInWords,
            "In [3]  " + SgdInWords),
        ["str"] = InOtherWords(
            Of(Sgd.With(Print, "'{} of {} W {} cost {}'")),
            "In [2]  " + SgdInWords),
        ["general"] = InOtherWords(
            Of(ByHand.With(Print, "'Epoch {}/{} W={:g} loss={:.4g}'"), Sgd.With(Print, "'Epoch {}/{} W={:.4e} loss={:.2e}'")),
            "In [2]  " + ByHandInWords,
            "In [3]  " + SgdInWords),
        ["rounded"] = InOtherWords(
            Of(Sgd.With("W.item(), cost.item()", "round(W.item(), 4), round(cost.item(), 4)").With(Print, "'{}/{} W{} cost{}'")),
            "In [2]  " + SgdInWords),
        ["tensors"] = InOtherWords(
            Of(Sgd.With("W.item()", "W").With("cost.item()", "cost").With(Print, "'Epoch {}/{} W = {} cost = {}'")),
            "In [2]  " + SgdInWords),
        ["from 1"] = InOtherWords(
            Of(ByHand.With("range(nb_epochs + 1)", "range(1, nb_epochs + 1)")),
            "In [2]  by hand, lr 0.1, epochs 1 to 10: the same numbers, counted from 1, 10 lines"),
        ["after the step"] = InOtherWords(
            Of(AfterStep("range(nb_epochs + 1)"), AfterStep("range(1, nb_epochs + 1)")),
            "In [2]  SGD, lr 0.15, epochs 0 to 10: the same numbers, printed after the step, 11 lines",
            "In [3]  SGD, lr 0.15, epochs 1 to 10: the same numbers, counted from 1, printed after the step, 10 lines"),
        ["epochs"] = Identical(
            Of(ByHand.With("nb_epochs = 10", "nb_epochs = 15"), Sgd.With("nb_epochs + 1", "nb_epochs")),
            "In [2]  by hand, lr 0.1, epochs 0 to 15: identical, 16 lines",
            "In [3]  SGD, lr 0.15, epochs 0 to 9: identical, 10 lines"),
        ["hundreds"] = Identical(
            Of(Hundreds(ByHand.With("lr = 0.1", "lr = 1e-2")), Hundreds(Sgd.With("lr=0.15", "lr=.01"))),
            "In [2]  by hand, lr 1e-2, epochs 0 to 1000: identical, 11 lines",
            "In [3]  SGD, lr .01, epochs 0 to 1000: identical, 11 lines"),
        ["diverging"] = Identical(
            Of(ByHand.With("lr = 0.1", "lr = 0.2").With("nb_epochs = 10", "nb_epochs = 300")),
            "In [2]  by hand, lr 0.2, epochs 0 to 300: identical, 301 lines"),
        ["SGD first"] = Identical(
            Of(Sgd, ByHand),
            "In [2]  " + SgdIdentical,
            "In [3]  " + ByHandIdentical),
        ["one cell"] = Identical(
            Of(ByHand + "\n\n" + Sgd),
            "In [2]  " + ByHandIdentical,
            "In [2]  " + SgdIdentical),
        ["by hand alone"] = Identical(
            Of(ByHand),
            "In [2]  " + ByHandIdentical),
        ["SGD alone"] = Identical(
            Of(Sgd),
            "In [2]  " + SgdIdentical),
        ["assigned"] = Identical(
            Of(ByHand.With("W -= lr * gradient", "W = W - lr * gradient")),
            "In [2]  " + ByHandIdentical),
        ["named"] = Identical(
            Of("learning_rate = 0.05", ByHand.With("lr = 0.1", "").With("lr * gradient", "learning_rate * gradient")),
            "In [3]  by hand, lr 0.05, epochs 0 to 10: identical, 11 lines"),
        ["literal"] = Identical(
            Of(ByHand.With("lr * gradient", "0.05 * gradient"), Sgd.With("lr=0.15", "0.05")),
            "In [2]  by hand, lr 0.05, epochs 0 to 10: identical, 11 lines",
            "In [3]  SGD, lr 0.05, epochs 0 to 10: identical, 11 lines"),
        ["mean"] = Identical(
            Of(ByHand.With("torch.sum(", "2 * torch.mean(")),
            "In [2]  by hand, lr 0.1, epochs 0 to 10: identical to SGD's, 11 lines"),
        ["autograd"] = Identical(
            Of(Autograd),
            "In [2]  by hand, lr 0.15, epochs 0 to 10: identical to SGD's, 11 lines"),
        ["function"] = Identical(
            Of("def train():\n    " + Sgd.With("\n", "\n    "), "train()"),
            "In [3]  " + SgdIdentical),
        ["other model"] = Identical(
            Of(OtherModel, ByHand, Sgd),
            "In [3]  " + ByHandIdentical,
            "In [4]  " + SgdIdentical,
            "Not compared: 3 lines of In [2] (of another model)"),
        ["other data"] = Different(
            Of(ByHand.With("y_train = torch.FloatTensor([[1], [2], [3]])", "y_train = torch.FloatTensor([[2], [4], [6]])"), Sgd),
            "In [2]  by hand, lr 0.1, epochs 0 to 10: 11 of 11 lines differ, the first at epoch 0",
            "In [3]  " + SgdIdentical),
        ["no step"] = Different(
            Of(ByHand, Sgd.With("    optimizer.step()", "")),
            "In [2]  " + ByHandIdentical,
            "In [3]  SGD, lr 0.15, epochs 0 to 10: 10 of 11 lines differ, the first at epoch 1"),
        ["one digit"] = Different(
            Of(ByHand, Sgd.With("W.item()", "W.item() + (0.001 if epoch == 4 else 0)")),
            "In [2]  " + ByHandIdentical,
            "In [3]  SGD, lr 0.15, epochs 0 to 10: 1 of 11 lines differs, the first at epoch 4"),
        ["no output"] = Different(
            Of(ByHand, Sgd).Cell(Sgd, label: null),
            "In [2]       " + ByHandIdentical,
            "In [3]       " + SgdIdentical,
            "code cell 4  trains, but recorded nothing"),
        ["argument"] = Identical(
            Of("def train(rate):\n    " + Sgd.With("lr=0.15", "lr=rate").With("\n", "\n    "), "train(0.05)"),
            "In [3]  SGD, lr 0.05, epochs 0 to 10: identical, 11 lines"),
        ["rates"] = Identical(
            Of("for lr in [0.1, 1e-2]:\n    " + ByHand.With("lr = 0.1", "").With("\n", "\n    ")),
            "In [2]  " + ByHandIdentical,
            "In [2]  by hand, lr 1e-2, epochs 0 to 10: identical, 11 lines"),
        ["hundreds from 1"] = InOtherWords(
            Of(Hundreds(ByHand.With("lr = 0.1", "lr = 0.001")).With("range(nb_epochs + 1)", "range(1, 301)")),
            "In [2]  by hand, lr 0.001, epochs 100 to 300 of 1000: the same numbers, counted from 1, 3 lines"),
        ["final line"] = Identical(
            Of(ByHand + "\nprint('Final W:', W.item(), 'cost:', cost.item(), 'after 10 epochs')"),
            "In [2]  " + ByHandIdentical,
            "Not compared: 1 line of In [2]"),
        ["unknown rate"] = Different(
            Of("rates = {i: i / 100 for i in range(9)}", Sgd.With("lr=0.15", "lr=rates[5]")),
            "In [3]  SGD, lr 0.15 (the port's own), epochs 0 to 10: 10 of 11 lines differ, the first at epoch 1"),
        ["only another model"] = Identical(Of(OtherModel)),
        ["no training"] = Identical(Of("print('hello')")),
    };

    private static readonly Lazy<Dictionary<string, string>> s_run = new(RunAll);

    public static IEnumerable<TheoryDataRow<string>> Rows =>
        s_rows.Where(row => row.Value.Said.Length > 0).Select(row => new TheoryDataRow<string>(row.Key));

    [Theory]
    [MemberData(nameof(Rows))]
    public void Each_run_gets_its_verdict(string name)
    {
        var row = s_rows[name];
        var json = Run(name);
        var (exitCode, said) = Answer(json);

        Assert.Equal(row.Said, said.Where(IsVerdict));
        Assert.Equal(row.ExitCode, exitCode);
        Assert.Equal(row.ByNumbers, Answer(json, numbers: true).ExitCode);
    }

    [Theory]
    [InlineData("only another model", "but found only 3 lines of In [2] (of another model)")]
    [InlineData("no training", "looked for a printed line with an epoch, one weight W and a cost")]
    public void Nothing_to_compare_is_trouble(string name, string says)
    {
        var trouble = Assert.Throws<TroubleException>(() => Answer(Run(name)));

        Assert.Contains(says, trouble.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', trouble.Message);
    }

    [Fact]
    public void A_learning_rate_that_the_code_does_not_name_can_be_given()
    {
        var json = Run("unknown rate");

        Assert.Contains(Answer(json).Said, line => line.EndsWith("--lr gives it.", StringComparison.Ordinal));
        Assert.Equal(["In [3]  SGD, lr 0.05, epochs 0 to 10: identical, 11 lines"], Answer(json, learningRate: "0.05").Said);
    }

    // PyTorch is loaded once, and its exit handlers are skipped: each takes seconds.
    private static Dictionary<string, string> RunAll()
    {
        const string Script = """
            import os, runpy, sys
            import torch
            runner, *notebooks = sys.argv[1:]
            for notebook in notebooks:
                pid = os.fork()
                if pid == 0:
                    os.dup2(os.open(notebook + '.json', os.O_WRONLY | os.O_CREAT), 1)
                    sys.argv = [runner, notebook, '--json']
                    try:
                        runpy.run_path(runner, run_name='__main__')
                    except SystemExit as ended:
                        os._exit(ended.code)
                if os.waitpid(pid, 0)[1] != 0:
                    sys.exit(f'{notebook} failed')
            """;
        var folder = Directory.CreateTempSubdirectory();
        var files = s_rows.Keys.ToDictionary(name => name, name => Path.Combine(folder.FullName, name));
        foreach (var (name, file) in files)
        {
            File.WriteAllText(file, s_rows[name].Notebook.Json());
        }

        var outcome = Start.Program(Python.WithTorch!, ["-c", Script, Python.Runner, .. files.Values]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Stderr));
        var run = files.ToDictionary(pair => pair.Key, pair => File.ReadAllText(pair.Value + ".json"));
        folder.Delete(recursive: true);
        return run;
    }

    // The text of a notebook that was run.
    private static string Run(string name)
    {
        var canRun = Python.WithTorch is not null && !OperatingSystem.IsWindows();
        Assert.SkipUnless(canRun, "needs a Python with PyTorch, on Linux or macOS");
        return s_run.Value[name];
    }

    private static Row Identical(LearnersNotebook notebook, params string[] said) => new(notebook, 0, 0, said);

    private static Row InOtherWords(LearnersNotebook notebook, params string[] said) => new(notebook, 1, 0, said);

    private static Row Different(LearnersNotebook notebook, params string[] said) => new(notebook, 1, 1, said);

    private static LearnersNotebook Of(params string[] sources) =>
        sources.Aggregate(new LearnersNotebook().Cell(Imports), (notebook, source) => notebook.Cell(source));

    private static string Hundreds(string source) =>
        source.With("nb_epochs = 10", "nb_epochs = 1000").With("    print(", "    if epoch % 100 == 0: print(");

    private static string AfterStep(string range)
    {
        var end = Sgd.IndexOf("    print(", StringComparison.Ordinal);
        var behind = Sgd.IndexOf("    # improve", StringComparison.Ordinal);
        return (Sgd[..end] + Sgd[behind..] + "\n" + Sgd[end..behind]).With("range(nb_epochs + 1)", range);
    }

    private static bool IsVerdict(string line) =>
        line.StartsWith("In [", StringComparison.Ordinal)
        || line.StartsWith("code cell", StringComparison.Ordinal)
        || line.StartsWith("Not compared", StringComparison.Ordinal);

    private static (int ExitCode, string[] Said) Answer(string json, bool numbers = false, string? learningRate = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var diff = new NotebookComparison(new Comparer(s_port, exact: false), learningRate);
        NotebookFile.Parse("mine.ipynb", json, byLabel: true).ForEach(diff.Add);
        var report = new Report("mine.ipynb", executed: false, new Strictness(false, numbers, null), all: false, colours: false);
        report.Write(output, diff);
        return (report.ExitCode(diff), output.ToString().TrimEnd('\n').Split('\n'));
    }

    /// <summary>A notebook, and what is said of it.</summary>
    private sealed record Row(LearnersNotebook Notebook, int ExitCode, int ByNumbers, string[] Said);
}
