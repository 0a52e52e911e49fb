using System.Text;
using System.Text.Json.Nodes;
using TorchPort;
using static NotebookDiff.Tests.NotebookBuilder;

namespace NotebookDiff.Tests;

/// <summary>Reading a notebook.</summary>
public class NotebookFileTests
{
    [Fact]
    public void Cells_are_in_execution_order_and_those_that_were_not_run_are_left_out()
    {
        var notebook = new NotebookBuilder().Cell("a", count: 9).Cell("b", "1", count: null).Cell("c", count: 3)
            .Cell("d", count: 9).Cell("e", count: null);
        var file = Parse(notebook.Json());

        string[] names = ["In [3]", "In [9] (code cell 1)", "code cell 2", "In [9] (code cell 4)"];
        Assert.Equal(names, file.FindRunCells().Select(cell => cell.Name));
        Assert.Equal(["c", "a", "d"], file.FindCellsToRun(inOrder: false).Select(cell => cell.Source));
        Assert.Equal(["a", "b", "c", "d", "e"], file.FindCellsToRun(inOrder: true).Select(cell => cell.Source));
        Assert.Single(Parse(new NotebookBuilder().Cell("a", count: null).Json()).FindCellsToRun(inOrder: false));
    }

    [Fact]
    public void Lines_are_those_of_stdout_in_any_chunks_and_of_displayed_text()
    {
        var notebook = JsonNode.Parse(FromSources("x").Json().With("\"nbformat\":4", "\"nbformat\":4.0"))!;
        notebook["cells"]![0]!["outputs"] = new JsonArray(
            Stream("stdout", "one\r\ntw"),
            Stream("stderr", "a warning\n"),
            Shown("display_data", "image/png", new string('A', 1_000_000)),
            Stream("stdout", "o\r\n10%\r100%"),
            new JsonObject { ["output_type"] = "stream", ["text"] = "\nfour\n" },
            Shown("execute_result", "text/plain", "tensor([1.])"));
        notebook["cells"]![0]!["source"] = new JsonArray("a\n", "b");

        var cell = Assert.Single(Parse("\uFEFF" + notebook.ToJsonString()).Cells);
        Assert.Equal(["one", "two", "10%", "100%", "four", "tensor([1.])"], cell.GetLines());
        Assert.Equal(["a warning"], cell.GetErrorLines());
        Assert.Equal("a\nb", cell.Source);
    }

    [Theory]
    [InlineData("it is empty", "")]
    [InlineData("error on line 2", " \n")]
    [InlineData("error on line 2", "{\"nbformat\": 4,\n \"cells\": [")]
    [InlineData("its cells cannot be read", "[1, 2, 3]")]
    [InlineData("its cells cannot be read", "{\"nbformat\": \"4\"}")]
    [InlineData("error on line 3", "{\"nbformat\": 4,\n \"metadata\": {\n \"accuracy\": NaN},\n \"cells\": []}")]
    [InlineData("its cells cannot be read", "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": \"\\ud83d\"}]}")]
    [InlineData("its cells cannot be read", "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"outputs\": []}]}")]
    [InlineData("its cells cannot be read", "{\"nbformat\": 4}")]
    [InlineData("git lfs pull", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")]
    [InlineData("jupyter nbconvert --to notebook --nbformat 4 'my notebook.ipynb'", "{\"nbformat\": 3, \"worksheets\": []}")]
    [InlineData("it is UTF-16", "\uFEFF{}", "utf-16")]
    [InlineData("cannot be read", "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": \"é\"}]}", "iso-8859-1")]
    public void Other_files_and_encodings_are_rejected(string expected, string json, string encoding = "utf-8")
    {
        var error = Assert.Throws<CommandFailedException>(() => Parse(json, encoding));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Split('\n').Length, 1, 3);
    }

    private static JsonObject Shown(string type, string mime, string text) =>
        new() { ["output_type"] = type, ["data"] = new JsonObject { [mime] = text } };

    private static NotebookFile Parse(string json, string encoding = "utf-8") =>
        NotebookFile.Parse("my notebook.ipynb", Encoding.GetEncoding(encoding).GetBytes(json));
}
