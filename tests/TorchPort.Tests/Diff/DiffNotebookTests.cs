using System.Reflection;
using System.Text.Json.Nodes;
using static TorchPort.Tests.NotebookOfOnesOwn;

namespace TorchPort.Tests;

/// <summary>scripts/diff-notebook.cs on what a notebook recorded.</summary>
public sealed class DiffNotebookTests : IDisposable
{
    private readonly string _notebook = Path.GetTempFileName();

    public void Dispose() => File.Delete(_notebook);

    [Fact]
    public void The_notebooks_recording_is_what_the_port_prints()
    {
        // The whole of it, as a user starts it: the port is built.
        var outcome = Start.Script("diff-notebook.cs");

        Assert.Equal(new Outcome(0, $"22 lines are identical: the port, and {Path.GetRelativePath(Environment.CurrentDirectory, Own)}, as recorded.\n", ""), outcome);
    }

    [Fact]
    public void One_changed_digit_is_shown_and_placed()
    {
        Save(_notebook, own => Output(own, 3, [.. In3.Select(line => line.Replace("0.974", "0.975", StringComparison.Ordinal))]));
        var outcome = Diff(_notebook);

        Differs(outcome, "In [3], epoch 4", agree: 21, differ: 1);
        Assert.Contains("-Epoch    4/10 W: 0.975, Cost: 0.003058\n+Epoch    4/10 W: 0.974, Cost: 0.003058\n", outcome.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.001", 0)]
    [InlineData("0.0009", 1)]
    public void A_tolerance_covers_numbers_that_far_apart(string tolerance, int exitCode)
    {
        Save(_notebook, own => Output(own, 3, [.. In3.Select(line => line.Replace("0.974", "0.975", StringComparison.Ordinal))]));

        Assert.Equal(exitCode, Diff(_notebook, "--tolerance", tolerance).ExitCode);
    }

    [Fact]
    public void Prints_of_other_cells_are_extra_and_lines_are_paired_around_them()
    {
        Save(_notebook, own =>
        {
            Output(own, 1, ["torch.Size([3, 1])"]);
            Output(own, 2, ["data ready", .. In2[..3], .. In2[4..]]);
        });

        Differs(Diff(_notebook), "In [1], line 1", agree: 21, missing: 1, extra: 2);
    }

    [Fact]
    public void A_line_of_a_later_cell_counts_from_that_cell()
    {
        Save(_notebook, own => Cells(own).Add(NewCell(4, "done")));

        Differs(Diff(_notebook), "In [4], line 1", agree: 22, extra: 1);
    }

    [Fact]
    public void Other_punctuation_around_the_same_numbers_is_called_so()
    {
        // As in a well-known course: no comma in the lines of SGD, and two prints more.
        Save(_notebook, own =>
        {
            Output(own, 1, ["tensor([[1.],", "        [2.]])"]);
            Output(own, 3, [.. In3.Select(line => line.Replace(", Cost", " Cost", StringComparison.Ordinal))]);
        });
        var outcome = Diff(_notebook);

        Differs(outcome, "In [1], line 1", agree: 11, differ: 11, extra: 2);
        Assert.Contains("same numbers, other punctuation", outcome.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\r", 12)]
    [InlineData("\r\n", 22)]
    public void A_carriage_return_overwrites_and_a_line_end_does_not(string end, int agree)
    {
        Save(_notebook, own => Output(own, 2, [string.Join(end, In2)]));
        var outcome = Diff(_notebook);

        Assert.Equal(agree == 22 ? 0 : 1, outcome.ExitCode);
        if (agree < 22)
        {
            Differs(outcome, "In [2], epoch 0", agree, missing: 22 - agree);
        }
    }

    [Fact]
    public void Control_characters_are_shown_and_not_obeyed()
    {
        Save(_notebook, own => Output(own, 1, ["\e[31mred\a"]));

        // Each byte of the output is one character here.
        Assert.Contains(System.Text.Encoding.Latin1.GetString("-␛[31mred␇\n"u8), Diff(_notebook).Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 11)]
    [InlineData(3, 11)]
    public void A_run_without_output_is_missing_as_a_whole(int label, int missing)
    {
        Save(_notebook, own => Cell(own, label)["outputs"] = new JsonArray());

        Differs(Diff(_notebook), $"In [{label}], epoch 0", agree: 22 - missing, missing: missing);
    }

    [Fact]
    public void A_run_that_no_cell_has_is_one_of_the_ports()
    {
        Save(_notebook, own => Cells(own).Remove(Cell(own, 2)));

        Differs(Diff(_notebook), "run 1 of the port, epoch 0", agree: 11, missing: 11);
    }

    [Fact]
    public void Patched_with_the_diff_the_notebooks_output_is_the_ports()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Start.Shell("command -v patch").ExitCode != 0, "there is no patch on this machine");
        Save(_notebook, own => Output(own, 3, [.. In3[..4], "stopped", .. In3[4..], "done"]));
        var diff = Diff(_notebook).Stdout.Split('\n');
        var original = Path.GetTempFileName();
        File.WriteAllLines(original, [.. In2, .. In3[..4], "stopped", .. In3[4..], "done"]);

        File.WriteAllLines(_notebook, diff[..^2]);
        var outcome = Start.Program("patch", ["-s", "-o", "-", original, _notebook]);
        File.Delete(original);

        Assert.Equal(new Outcome(0, Start.Data("recorded-output.txt"), ""), outcome);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(10_000)]
    public void A_long_diff_is_cut_and_all_of_it_can_be_had(int lines)
    {
        Save(_notebook, own => Output(own, 2, [.. Enumerable.Range(0, lines).Select(i => $"batch {i}")]));
        var cut = Diff(_notebook);
        var all = Diff(_notebook, "--all");

        Differs(cut, "In [2], line 1", agree: 11, missing: 11, extra: lines);
        Assert.Equal(40, cut.Stdout.Split('\n').TakeWhile(line => !line.Contains("--all", StringComparison.Ordinal)).Count());
        Assert.Contains($"-batch {lines - 1}\n", all.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void Cells_count_in_the_order_in_which_they_were_run()
    {
        Save(_notebook, own =>
        {
            Cell(own, 1)["execution_count"] = 4;
            var (first, second) = (Cell(own, 2)["outputs"]!.DeepClone(), Cell(own, 3)["outputs"]!.DeepClone());
            (Cell(own, 2)["outputs"], Cell(own, 3)["outputs"]) = (second, first);
            (Cell(own, 2)["execution_count"], Cell(own, 3)["execution_count"]) = (9, 8);
        });

        Same(Diff(_notebook));
    }

    [Fact]
    public void Text_may_be_one_string_in_chunks_with_CRLF_and_a_BOM_beside_other_outputs()
    {
        Save(_notebook, own => Cell(own, 2)["outputs"] = new JsonArray(
            Stream("stdout", string.Join("\r\n", In2[..4]) + "\r\nEpo"),
            Stream("stderr", "a warning\n"),
            // Pictures can be large.
            new JsonObject { ["output_type"] = "display_data", ["data"] = new JsonObject { ["image/png"] = new string('A', 100_000_000) }, ["metadata"] = new JsonObject() },
            Stream("stdout", string.Join("\r\n", In2[4..])["Epo".Length..] + "\r\n"),
            new JsonObject { ["output_type"] = "execute_result", ["data"] = new JsonObject { ["text/plain"] = "tensor([1.])" }, ["execution_count"] = 2, ["metadata"] = new JsonObject() }));
        File.WriteAllText(_notebook, File.ReadAllText(_notebook), new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: true));

        Same(Diff(_notebook));
    }

    [Fact]
    public void Another_spelling_of_a_number_is_a_difference()
    {
        Save(_notebook, own => Output(own, 2, [.. In2.Select(line => line.Replace("W: 1.000", "W: 1", StringComparison.Ordinal))]));

        Differs(Diff(_notebook), "In [2], epoch 9", agree: 20, differ: 2);
    }

    [Fact]
    public void Two_cells_may_carry_one_label()
    {
        Save(_notebook, own => Cell(own, 3)["execution_count"] = 2);

        Same(Diff(_notebook));
    }

    [Fact]
    public void Nothing_of_the_notebook_runs_without_execute()
    {
        var proof = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Save(_notebook, own => Cell(own, 2)["source"] = $"open({JsonValue.Create(proof).ToJsonString()}, 'w')");

        Same(Diff(_notebook));
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

        Diff(_notebook).Refused(2, says);
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
    public void A_wrong_command_line_is_trouble(string says, params string[] arguments) => Start.Script("diff-notebook.cs", arguments).Refused(2, says);

    [Fact]
    public void A_port_that_does_not_start_is_trouble()
    {
        Assert.SkipUnless(Backend.Name == "cpu", "this build carries another libtorch");
        Diff(Own, "--device", "cuda").Refused(2, "this build carries libtorch for the CPU only");
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
        File.WriteAllText(output, Start.Port("--device", "cpu").Stdout);
        var port = Path.GetTempFileName();
        File.WriteAllText(port, $"#!/bin/sh\ncat {output}\n");
        File.SetUnixFileMode(port, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        AppContext.SetData("EntryPointFileDirectoryPath", Path.Combine(Start.Repository, "scripts"));
        var program = Assembly.LoadFrom(Start.ScriptProgram("diff-notebook.cs")).EntryPoint!;
        var (stdout, stderr) = (Console.Out, Console.Error);
        var random = new Random(1);
        var own = File.ReadAllBytes(Own);
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
}
