using System.Text;
using System.Text.Json.Nodes;
using TorchPort;
using static NotebookDiff.Tests.LearnersNotebook;

namespace NotebookDiff.Tests;

/// <summary>Reading a notebook.</summary>
public class NotebookFileTests
{
    [Fact]
    public void Cells_come_in_the_order_in_which_they_were_run()
    {
        var notebook = new LearnersNotebook().Cell("a", label: 9).Cell("b", label: null).Cell("c", label: 3);
        var json = notebook.Cell("d", label: 9).Json();

        Assert.Equal(["In [3]", "In [9]", "code cell 2", "In [9]"], Parse(json).Select(cell => cell.Name));
        Assert.Equal(["a", "b", "c", "d"], Parse(json, byLabel: false).Select(cell => cell.Source));
    }

    [Fact]
    public void What_a_cell_printed_is_its_stdout_in_any_chunks_and_the_text_that_it_showed()
    {
        var notebook = JsonNode.Parse(Of("x").Json())!;
        notebook["cells"]![0]!["outputs"] = new JsonArray(
            Stream("stdout", "one\r\ntw"),
            Stream("stderr", "a warning\n"),
            Shown("display_data", "image/png", new string('A', 1_000_000)),
            Stream("stdout", "o\r\n10%\r100%"),
            new JsonObject { ["output_type"] = "stream", ["text"] = "\nfour\n" },
            Shown("execute_result", "text/plain", "tensor([1.])"));
        notebook["cells"]![0]!["source"] = new JsonArray("a\n", "b");

        var cell = Assert.Single(Parse(notebook.ToJsonString()));
        Assert.Equal(["one", "two", "10%", "100%", "four", "tensor([1.])"], cell.Lines);
        Assert.Equal("a\nb", cell.Source);
    }

    [Fact]
    public void A_BOM_is_no_part_of_it() => Assert.Single(Parse("\uFEFF" + Of("x").Json()));

    [Theory]
    [InlineData("{\"cell_type\": \"code\", \"source\": \"x\"}")]
    [InlineData("null, {\"cell_type\": \"code\", \"source\": \"x\", \"outputs\": null}")]
    [InlineData("{\"cell_type\": \"code\", \"source\": \"x\", \"outputs\": [null]}")]
    public void A_cell_without_outputs_has_printed_nothing(string cell) =>
        Assert.Empty(Assert.Single(Parse($"{{\"nbformat\": 4, \"cells\": [{cell}]}}")).Lines);

    [Theory]
    [InlineData("utf-16", "it is UTF-16")]
    [InlineData("iso-8859-1", "see line 1")]
    public void Another_encoding_is_trouble(string encoding, string says)
    {
        var text = Encoding.GetEncoding(encoding);
        byte[] json = [.. text.GetPreamble(), .. text.GetBytes(Of("# é").Json().With("\\u00E9", "é"))];

        var trouble = Assert.Throws<TroubleException>(() => NotebookFile.Parse("", json, byLabel: true));
        Assert.Contains(says, trouble.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("it is empty", "")]
    [InlineData("see line 2", " \n")]
    [InlineData("see line 2", "{\"nbformat\": 4,\n \"cells\": [")]
    [InlineData("see line 1", "[1, 2, 3]")]
    [InlineData("see line 1", "{\"nbformat\": \"4\"}")]
    [InlineData("see line 3", "{\"nbformat\": 4,\n \"metadata\": {\n \"accuracy\": NaN},\n \"cells\": []}")]
    [InlineData("see line 1", "{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": \"\\ud83d\"}]}")]
    [InlineData("see line 2", "{\"nbformat\": 4, \"cells\": [\n{\"cell_type\": \"code\", \"outputs\": []}]}")]
    [InlineData("it has no cells", "{\"nbformat\": 4}")]
    [InlineData("it has no cells", "null")]
    [InlineData("jupyter nbconvert --to notebook --nbformat 4 'my notebook.ipynb'", "{\"nbformat\": 3, \"worksheets\": []}")]
    public void What_is_no_notebook_is_trouble(string says, string json)
    {
        var trouble = Assert.Throws<TroubleException>(() => Parse(json));

        Assert.Contains(says, trouble.Message, StringComparison.Ordinal);
        Assert.InRange(trouble.Message.Split('\n').Length, 1, 3);
    }

    private static JsonObject Shown(string type, string mime, string text) =>
        new() { ["output_type"] = type, ["data"] = new JsonObject { [mime] = text } };

    private static List<Cell> Parse(string json, bool byLabel = true) =>
        NotebookFile.Parse("my notebook.ipynb", Encoding.UTF8.GetBytes(json), byLabel).Cells;
}
