using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TorchPort.Tests;

/// <summary>scripts/diff-notebook.cs, run on the repository's notebook and on what learners make of it.</summary>
public sealed class DiffNotebookTests : IDisposable
{
    private const string NoTorch = "there is no Python with PyTorch on this machine";
    private static readonly string s_own = Path.Combine(Port.Repository, "src/TorchPort/gradient-descent.ipynb");
    private static readonly string[] s_in2 = Port.Data("recorded-output.txt").Split('\n')[..11];
    private static readonly string[] s_in3 = Port.Data("recorded-output.txt").Split('\n')[11..22];

    private readonly string _notebook = Path.GetTempFileName();

    public static bool HasTorch => Python.WithTorch is not null;

    public void Dispose() => File.Delete(_notebook);

    [Fact]
    public void The_notebooks_recording_is_what_the_port_prints()
    {
        // The whole of it, as a user starts it: the port is built.
        var outcome = Port.Script("diff-notebook.cs");

        Assert.Equal(new Outcome(0, $"22 lines are identical: the port, and {Path.GetRelativePath(Environment.CurrentDirectory, s_own)}, as recorded.\n", ""), outcome);
    }

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void A_fresh_run_of_the_notebook_prints_what_the_port_prints() => Same(Execute(s_own, "--exact", "--device", "cpu"));

    [Fact]
    public void One_changed_digit_is_shown_and_placed()
    {
        Save(own => Output(own, 3, [.. s_in3.Select(line => line.Replace("0.974", "0.975", StringComparison.Ordinal))]));
        var outcome = Diff();

        Differs(outcome, "In [3], epoch 4", agree: 21, differ: 1);
        Assert.Contains("-Epoch    4/10 W: 0.975, Cost: 0.003058\n+Epoch    4/10 W: 0.974, Cost: 0.003058\n", outcome.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.001", 0)]
    [InlineData("0.0009", 1)]
    public void A_tolerance_covers_numbers_that_far_apart(string tolerance, int exitCode)
    {
        Save(own => Output(own, 3, [.. s_in3.Select(line => line.Replace("0.974", "0.975", StringComparison.Ordinal))]));

        Assert.Equal(exitCode, Diff("--tolerance", tolerance).ExitCode);
    }

    [Fact]
    public void Prints_of_other_cells_are_extra_and_lines_are_paired_around_them()
    {
        Save(own =>
        {
            Output(own, 1, ["torch.Size([3, 1])"]);
            Output(own, 2, ["data ready", .. s_in2[..3], .. s_in2[4..]]);
        });

        Differs(Diff(), "In [1], line 1", agree: 21, missing: 1, extra: 2);
    }

    [Fact]
    public void A_line_of_a_later_cell_counts_from_that_cell()
    {
        Save(own => Cells(own).Add(NewCell(4, "done")));

        Differs(Diff(), "In [4], line 1", agree: 22, extra: 1);
    }

    [Fact]
    public void Other_punctuation_around_the_same_numbers_is_called_so()
    {
        // As in a well-known course: no comma in the lines of SGD, and two prints more.
        Save(own =>
        {
            Output(own, 1, ["tensor([[1.],", "        [2.]])"]);
            Output(own, 3, [.. s_in3.Select(line => line.Replace(", Cost", " Cost", StringComparison.Ordinal))]);
        });
        var outcome = Diff();

        Differs(outcome, "In [1], line 1", agree: 11, differ: 11, extra: 2);
        Assert.Contains("same numbers, other punctuation", outcome.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\r", 12)]
    [InlineData("\r\n", 22)]
    public void A_carriage_return_overwrites_and_a_line_end_does_not(string end, int agree)
    {
        Save(own => Output(own, 2, [string.Join(end, s_in2)]));
        var outcome = Diff();

        Assert.Equal(agree == 22 ? 0 : 1, outcome.ExitCode);
        if (agree < 22)
        {
            Differs(outcome, "In [2], epoch 0", agree, missing: 22 - agree);
        }
    }

    [Fact]
    public void Control_characters_are_shown_and_not_obeyed()
    {
        Save(own => Output(own, 1, ["\e[31mred\a"]));

        // Each byte of the output is one character here.
        Assert.Contains(System.Text.Encoding.Latin1.GetString("-␛[31mred␇\n"u8), Diff().Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 11)]
    [InlineData(3, 11)]
    public void A_run_without_output_is_missing_as_a_whole(int label, int missing)
    {
        Save(own => Cell(own, label)["outputs"] = new JsonArray());

        Differs(Diff(), $"In [{label}], epoch 0", agree: 22 - missing, missing: missing);
    }

    [Fact]
    public void A_run_that_no_cell_has_is_one_of_the_ports()
    {
        Save(own => Cells(own).Remove(Cell(own, 2)));

        Differs(Diff(), "run 1 of the port, epoch 0", agree: 11, missing: 11);
    }

    [Fact]
    public void The_diff_is_one_that_patch_takes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Port.Shell("command -v patch").ExitCode != 0, "there is no patch on this machine");
        Save(own => Output(own, 3, [.. s_in3[..4], "stopped", .. s_in3[4..], "done"]));
        var diff = Diff().Stdout.Split('\n');
        var original = Path.GetTempFileName();
        File.WriteAllLines(original, [.. s_in2, .. s_in3[..4], "stopped", .. s_in3[4..], "done"]);

        File.WriteAllLines(_notebook, diff[..^2]);
        var outcome = Port.Run("patch", ["--dry-run", original, _notebook]);
        File.Delete(original);

        Assert.Equal((0, $"checking file {original}\n"), (outcome.ExitCode, outcome.Stdout));
    }

    [Fact]
    public void A_long_diff_is_cut_and_all_of_it_can_be_had()
    {
        Save(own => Output(own, 2, [.. Enumerable.Range(0, 100).Select(i => $"batch {i}")]));
        var cut = Diff();
        var all = Diff("--all");

        Differs(cut, "In [2], line 1", agree: 11, missing: 11, extra: 100);
        Assert.Equal(40, cut.Stdout.Split('\n').TakeWhile(line => !line.Contains("--all", StringComparison.Ordinal)).Count());
        Assert.Contains("-batch 99\n", all.Stdout, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void A_fresh_run_is_placed_in_the_notebooks_own_cells()
    {
        Save(own =>
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
        // W = 1.4 + 1e-7 is the float32 after it.
        Save(own => Replace(Cell(own, 3), "    optimizer.step()", "    optimizer.step()\n    if epoch == 0: W.data += 1e-7"));
        var outcome = Execute(_notebook, "--exact");

        Assert.Contains("units in the last place of float32 apart", outcome.Stdout, StringComparison.Ordinal);
        Assert.Matches(@"[0-9.e-]+ and [0-9.e-]+ in In \[3\], epoch [0-9]+\.", outcome.Stdout);
    }

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void Another_setting_is_handed_to_the_port()
    {
        Save(own =>
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
        Save(own => Cell(own, 2)["execution_count"] = Cell(own, 3)["execution_count"] = null);

        Differs(Execute(_notebook), "code cell 6, epoch 0", agree: 0, missing: 22);
    }

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void Without_labels_it_runs_in_order_when_told_so()
    {
        Save(own =>
        {
            foreach (var cell in Cells(own).Where(cell => (string?)cell!["cell_type"] == "code"))
            {
                cell!["execution_count"] = null;
            }
        });
        Execute(_notebook).Refused(2, "--in-order");

        // From top to bottom this notebook fails, as its author's does.
        Execute(_notebook, "--in-order").Refused(2, "In [1], line 1: NameError");
        Save(own => Cells(own).Where(cell => (int?)cell!["execution_count"] is null).ToList().ForEach(cell => Cells(own).Remove(cell)));
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
        Save(own => Cell(own, 1)["source"] = source);

        Execute(_notebook).Refused(2, says);
    }

    [Theory(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    [InlineData("%matplotlib inline")]
    [InlineData("%%time")]
    public void A_magic_that_changes_no_number_is_passed_over(string magic)
    {
        Save(own => Replace(Cell(own, 2), "# the data", magic));
        var outcome = Execute(_notebook);

        Same(outcome with { Stderr = "" });
        Assert.Contains($"In [2], line 1: passed over '{magic}'", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Cells_count_in_the_order_in_which_they_were_run()
    {
        Save(own =>
        {
            Cell(own, 1)["execution_count"] = 4;
            var (first, second) = (Cell(own, 2)["outputs"]!.DeepClone(), Cell(own, 3)["outputs"]!.DeepClone());
            (Cell(own, 2)["outputs"], Cell(own, 3)["outputs"]) = (second, first);
            (Cell(own, 2)["execution_count"], Cell(own, 3)["execution_count"]) = (9, 8);
        });

        Same(Diff());
    }

    [Fact]
    public void Text_may_be_one_string_in_chunks_with_CRLF_and_a_BOM_beside_other_outputs()
    {
        Save(own => Cell(own, 2)["outputs"] = new JsonArray(
            Stream("stdout", string.Join("\r\n", s_in2[..4]) + "\r\nEpo"),
            Stream("stderr", "a warning\n"),
            // Pictures can be large.
            new JsonObject { ["output_type"] = "display_data", ["data"] = new JsonObject { ["image/png"] = new string('A', 100_000_000) }, ["metadata"] = new JsonObject() },
            Stream("stdout", string.Join("\r\n", s_in2[4..])["Epo".Length..] + "\r\n"),
            new JsonObject { ["output_type"] = "execute_result", ["data"] = new JsonObject { ["text/plain"] = "tensor([1.])" }, ["execution_count"] = 2, ["metadata"] = new JsonObject() }));
        File.WriteAllText(_notebook, File.ReadAllText(_notebook), new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        Same(Diff());
    }

    [Fact]
    public void Nothing_of_the_notebook_runs_without_execute()
    {
        var proof = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Save(own => Cell(own, 2)["source"] = $"open({JsonValue.Create(proof).ToJsonString()}, 'w')");

        Same(Diff());
        Assert.False(File.Exists(proof));
    }

    [Theory]
    [InlineData("is empty", "")]
    [InlineData("cannot be read as the JSON of a notebook", "{\"nbformat\": 4, \"cells\": [")]
    [InlineData("names no nbformat", "[1, 2, 3]")]
    [InlineData("jupyter nbconvert --to notebook --nbformat 4", "{\"nbformat\": 3, \"worksheets\": []}")]
    [InlineData("cells is missing", "{\"nbformat\": 4}")]
    [InlineData("code cell 1: outputs is missing", "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": \"\"}]}")]
    [InlineData("has no cell with a recorded output", "{\"nbformat\": 4, \"cells\": []}")]
    public void What_is_no_notebook_is_trouble(string says, string content)
    {
        File.WriteAllText(_notebook, content);

        Diff().Refused(2, says);
    }

    [Theory]
    [InlineData("Could not find", "no-such-file.ipynb")]
    [InlineData("is a folder", "/")]
    [InlineData("--exact needs --execute", "--exact")]
    [InlineData("--in-order needs --execute", "--in-order")]
    [InlineData("--tolerance takes a number that is not negative, not '-1'", "--tolerance", "-1")]
    [InlineData("--bogus", "--bogus")]
    [InlineData("there is no program no-such-python", "--execute", "--python", "no-such-python")]
    [InlineData("there is no program no-such-port", "--port", "no-such-port")]
    [InlineData("--epochs takes a whole number", "--epochs", "x")]
    public void A_wrong_command_line_is_trouble(string says, params string[] arguments) => Port.Script("diff-notebook.cs", arguments).Refused(2, says);

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

        Port.Script("diff-notebook.cs", s_own, "--execute", "--python", _notebook).Refused(2, "In [1], line 1: ModuleNotFoundError: No module named 'torch'");
    }

    [Fact(SkipUnless = nameof(HasTorch), Skip = NoTorch)]
    public void Exact_rewrites_every_float_format_and_nothing_else()
    {
        Save(own => Cell(own, 1)["source"] = "x = 1.1; n = 3\nprint('{:4d} {:.3f} {{:.2f}}'.format(n, x))\nprint(f'{n:4d} {x:12.3e}')\nprint('%4d %.3f %s%%' % (n, x, 'a'))\nraise KeyboardInterrupt");
        var outcome = Port.Run(Python.WithTorch!, [Path.Combine(Port.Repository, "scripts/run-notebook.py"), _notebook, "--exact"]);

        Assert.Equal("   3 1.1 {:.2f}\n   3          1.1\n   3 1.1 a%\n", outcome.Stdout);
    }

    [Fact]
    public void A_port_that_does_not_start_is_trouble()
    {
        Assert.SkipUnless(Backend.Name == "cpu", "this build carries another libtorch");
        var outcome = Port.Run("dotnet", [Port.ScriptProgram("diff-notebook.cs"), "--device", "cuda"], ("TorchBackend", "cpu"));

        outcome.Refused(2, "this build carries libtorch for the CPU only");
    }

    [Fact]
    public void Random_mutations_of_a_notebook_get_an_answer()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("needs a POSIX shell");
            return;
        }

        // The script in this process, and the port's real output from a program that starts at once.
        var output = Path.GetTempFileName();
        File.WriteAllText(output, Port.Run("--device", "cpu").Stdout);
        var port = Path.GetTempFileName();
        File.WriteAllText(port, $"#!/bin/sh\ncat {output}\n");
        File.SetUnixFileMode(port, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        AppContext.SetData("EntryPointFileDirectoryPath", Path.Combine(Port.Repository, "scripts"));
        var program = Assembly.LoadFrom(Port.ScriptProgram("diff-notebook.cs")).EntryPoint!;
        var (stdout, stderr) = (Console.Out, Console.Error);
        var random = new Random(1);
        var own = File.ReadAllBytes(s_own);
        var exitCodes = new HashSet<int>();
        for (var i = 0; i < 500; i++)
        {
            File.WriteAllBytes(_notebook, i % 2 == 0 ? Flipped(own, random) : Changed(own, random));
            using var said = new StringWriter();
            Console.SetOut(TextWriter.Null);
            Console.SetError(said);
            try
            {
                exitCodes.Add((int)program.Invoke(null, [new[] { _notebook, "--port", port }])!);
            }
            catch (TargetInvocationException e)
            {
                Assert.Fail($"mutation {i}: {e.InnerException}");
            }
            finally
            {
                Console.SetOut(stdout);
                Console.SetError(stderr);
            }

            Assert.True(said.ToString().Count(c => c == '\n') <= 3, said.ToString());
        }

        File.Delete(output);
        File.Delete(port);
        Assert.Equal([0, 1, 2], exitCodes.Order());

        static byte[] Flipped(byte[] own, Random random)
        {
            var bytes = own.ToArray();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            return bytes;
        }

        // A value somewhere in the tree goes, nests, or becomes another.
        static byte[] Changed(byte[] own, Random random)
        {
            JsonNode root = JsonNode.Parse(own)!, node = root;
            while (node is JsonObject or JsonArray && Children(node).Where(child => child is not null).ToArray() is { Length: > 0 } children && (node == root || random.Next(5) > 0))
            {
                node = children[random.Next(children.Length)]!;
            }

            JsonNode?[] others = [null, -1, 1e300, true, "Epoch", new JsonArray(), new JsonObject(), new JsonArray(node.DeepClone()), new JsonObject { ["text"] = node.DeepClone() }];
            var other = others[random.Next(others.Length)];
            if (node.Parent is JsonObject parent && random.Next(3) == 0)
            {
                parent.Remove(node.GetPropertyName());
            }
            else if (node != root)
            {
                node.ReplaceWith(other);
            }

            return System.Text.Encoding.UTF8.GetBytes(root.ToJsonString());
        }

        static IEnumerable<JsonNode?> Children(JsonNode node) => node is JsonObject parent ? parent.Select(pair => pair.Value) : node.AsArray();
    }

    private static Outcome Execute(string notebook, params string[] options) =>
        Port.Script("diff-notebook.cs", [notebook, "--execute", "--python", Python.WithTorch!, "--port", Port.Executable, .. options]);

    private static void Same(Outcome outcome, int lines = 22)
    {
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Stderr));
        Assert.StartsWith($"{lines} lines are identical", outcome.Stdout, StringComparison.Ordinal);
    }

    // The verdict is the last line; its numbers and its place are asserted.
    private static void Differs(Outcome outcome, string place, int agree, int differ = 0, int missing = 0, int extra = 0)
    {
        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Stderr));
        var verdict = outcome.Stdout.Split('\n')[^2];
        Assert.Equal((agree, differ, missing, extra), (Count("lines? agrees?"), Count("differs?"), Count("(is|are) missing"), Count("(is|are) extra")));
        Assert.EndsWith($"; the first is {place}.", verdict, StringComparison.Ordinal);

        int Count(string what) => Regex.Match(verdict, $@"([0-9]+) {what}\b") is { Success: true } match ? int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : 0;
    }

    private static JsonArray Cells(JsonObject notebook) => notebook["cells"]!.AsArray();

    private static JsonNode Cell(JsonObject notebook, int label) => Cells(notebook).First(cell => (int?)cell!["execution_count"] == label)!;

    private static void Output(JsonObject notebook, int label, string[] lines) => Cell(notebook, label)["outputs"] = new JsonArray(Stream("stdout", string.Concat(lines.Select(line => line + "\n"))));

    private static void Replace(JsonNode cell, string old, string with)
    {
        var source = cell["source"] is JsonArray lines ? string.Concat(lines.Select(line => (string?)line)) : (string)cell["source"]!;
        Assert.Contains(old, source, StringComparison.Ordinal);
        cell["source"] = source.Replace(old, with, StringComparison.Ordinal);
    }

    private static JsonObject NewCell(int label, string printed, string source = "") => new()
    {
        ["cell_type"] = "code",
        ["execution_count"] = label,
        ["metadata"] = new JsonObject(),
        ["source"] = source,
        ["outputs"] = new JsonArray(Stream("stdout", printed + "\n")),
    };

    private static JsonObject Stream(string name, string text) => new() { ["output_type"] = "stream", ["name"] = name, ["text"] = text };

    private Outcome Diff(params string[] options) => Port.Script("diff-notebook.cs", [_notebook, "--port", Port.Executable, .. options]);

    // The repository's notebook, changed.
    private void Save(Action<JsonObject> change)
    {
        var notebook = JsonNode.Parse(File.ReadAllText(s_own))!.AsObject();
        change(notebook);
        File.WriteAllText(_notebook, notebook.ToJsonString());
    }
}
