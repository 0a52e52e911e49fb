using System.Reflection;
using System.Text.Json.Nodes;
using TorchPort.Tests;
using static NotebookDiff.Tests.LearnersNotebook;

namespace NotebookDiff.Tests;

/// <summary>The whole program, on notebooks that can and cannot be read.</summary>
public sealed class NotebookDiffTests : IDisposable
{
    private const string Identical = """
        In [2]  by hand, lr 0.1, epochs 0 to 10: identical, 11 lines
        In [3]  SGD, lr 0.15, epochs 0 to 10: identical, 11 lines

        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("노트 북 ");

    private string File_ => Path.Combine(_folder.FullName, "mine.ipynb");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_repositorys_own_notebook_is_identical_as_recorded() =>
        Assert.Equal(new Outcome(0, Identical.ReplaceLineEndings("\n"), ""), Start.Diff());

    [Fact]
    public void The_repositorys_own_notebook_is_identical_as_run()
    {
        Assert.SkipWhen(Python.WithTorch is null, "there is no Python with PyTorch on this machine");
        var identical = new Outcome(0, Identical.ReplaceLineEndings("\n"), "");

        Assert.Equal(identical, Start.Diff("--execute", "--python", Python.WithTorch!));
        Assert.Equal(identical, Start.Diff("--execute", "--exact", "--device", "cpu", "--python", Python.WithTorch!));
    }

    [Fact]
    public void Cells_are_named_as_the_notebook_names_them_when_they_are_run()
    {
        Assert.SkipWhen(Python.WithTorch is null, "there is no Python with PyTorch on this machine");
        var notebook = new LearnersNotebook().Cell(Imports, label: 7).Cell(ByHand, label: null).Cell(Sgd, label: 3);
        File.WriteAllText(File_, notebook.Json());

        var outcome = Start.Diff(File_, "--execute", "--in-order", "--python", Python.WithTorch!);
        Assert.Equal("""
            code cell 2  by hand, lr 0.1, epochs 0 to 10: identical, 11 lines
            In [3]       SGD, lr 0.15, epochs 0 to 10: identical, 11 lines

            """.ReplaceLineEndings("\n"), outcome.Stdout);
    }

    [Fact]
    public void Nothing_of_a_notebook_runs_without_execute()
    {
        var proof = JsonValue.Create(Path.Combine(_folder.FullName, "proof")).ToJsonString();
        File.WriteAllText(File_, new LearnersNotebook().Cell($"open({proof}, 'w')").Cell(ByHand, ByHandPrinted).Json());

        Assert.Equal(0, Start.Diff(File_).ExitCode);
        Assert.Single(_folder.GetFiles());
    }

    [Theory]
    [InlineData("no-such-file.ipynb", "cannot read 'no-such-file.ipynb'")]
    [InlineData("/", "/ is a folder")]
    [InlineData("", "NOTEBOOK is empty")]
    [InlineData("a b", "Unrecognized command or argument 'b'", "b")]
    [InlineData("--exat", "Did you mean one of the following? --exact")]
    [InlineData("x.ipynb", "Did you mean one of the following? --tolerance", "--tolerence", "0.1")]
    [InlineData("--exact", "--exact needs --execute")]
    [InlineData("--in-order", "--in-order needs --execute")]
    [InlineData("--tolerance", "--tolerance takes a number that is not negative, not '-1'", "-1")]
    [InlineData("--lr", "--lr takes a finite number that is not negative, not 'nan'", "nan")]
    [InlineData("--execute", "the notebook's run cannot be started, 'no-such-python'", "--python", "no-such-python")]
    [InlineData("--port", "the port cannot be started, 'no-such-port'", "no-such-port")]
    [InlineData("--device", "--device takes auto, cpu, cuda or cuda:N, not 'gpu'", "gpu")]
    public void Trouble_is_said_in_one_to_three_lines(string first, string says, params string[] others) =>
        Start.Diff([first, .. others]).Refused(2, says);

    [Fact]
    public void A_port_that_prints_nothing_is_trouble()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");

        Start.Diff("--port", "/bin/true").Refused(2, "the port, /bin/true, printed no line for epoch 0");
        Start.Diff("--port", "/bin/false").Refused(2, "the port ended with exit code 1");
    }

    [Fact]
    public void A_standard_output_that_takes_nothing_is_trouble()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");

        Shell("> /dev/full").Refused(2, "cannot write to standard output: No space left");
        Shell(">&-").Refused(2, "cannot write to standard output: it is closed");
    }

    [Fact]
    public void A_standard_error_that_takes_nothing_changes_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");

        Assert.Equal(Identical.ReplaceLineEndings("\n"), Shell("2> /dev/full").Stdout);
        Assert.Equal(2, Shell("--exat 2>&-").ExitCode);
    }

    [Fact]
    public void Random_mutations_of_a_notebook_get_an_answer()
    {
        var own = File.ReadAllBytes(Own);
        var random = new Random(1);
        var port = new Port([Start.Executable, "--device", "cpu"]);
        var answers = new List<int>();
        for (var i = 0; i < 500; i++)
        {
            File.WriteAllBytes(File_, i % 2 == 0 ? Flipped(own, random) : Changed(own, random));
            answers.Add(Answer(port));
        }

        Assert.Equal([0, 1, 2], answers.Distinct().Order());
    }

    private static Outcome Shell(string arguments) =>
        Start.Program("sh", ["-c", $"\"$0\" {arguments}", Start.DiffProgram]);

    private int Answer(Port port)
    {
        try
        {
            var diff = new NotebookComparison(new Comparer(port, exact: false), learningRate: null);
            NotebookFile.Read(File_).ForEach(diff.Add);
            var report = new Report(File_, executed: false, new(false, false, null), all: false, colours: false);
            report.Write(TextWriter.Null, diff);
            return report.ExitCode(diff);
        }
        catch (TroubleException e)
        {
            Assert.InRange(e.Message.Split('\n').Length, 1, 3);
            Assert.DoesNotContain(e.Message, c => char.IsControl(c) && c != '\n');
            return 2;
        }
    }

    private static byte[] Flipped(byte[] own, Random random)
    {
        var bytes = own.ToArray();
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }

        return bytes;
    }

    // A value somewhere in the tree goes, nests, or becomes another.
    private static byte[] Changed(byte[] own, Random random)
    {
        var root = JsonNode.Parse(own)!;
        var node = Descend(root, random);
        JsonNode?[] others =
        [
            null, -1, 1e300, true, "Epoch", new JsonArray(), new JsonObject(),
            new JsonArray(node.DeepClone()), new JsonObject { ["text"] = node.DeepClone() },
        ];
        if (node.Parent is JsonObject parent && random.Next(3) == 0)
        {
            parent.Remove(node.GetPropertyName());
        }
        else if (node != root)
        {
            node.ReplaceWith(others[random.Next(others.Length)]);
        }

        return System.Text.Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static JsonNode Descend(JsonNode root, Random random)
    {
        var node = root;
        while (node == root || random.Next(5) > 0)
        {
            var children = node is JsonObject parent ? parent.Select(pair => pair.Value) : node is JsonArray array ? array : [];
            if (children.Where(child => child is not null).ToArray() is not { Length: > 0 } some)
            {
                break;
            }

            node = some[random.Next(some.Length)]!;
        }

        return node;
    }
}
