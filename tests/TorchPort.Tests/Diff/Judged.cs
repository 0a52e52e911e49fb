using System.Text;
using TorchPort;
using TorchPort.Tests;

namespace NotebookDiff.Tests;

/// <summary>What the diff says of a notebook, in this process.</summary>
internal static class Judged
{
    /// <summary>Compares a notebook with the port.</summary>
    internal static Outcome Notebook(
        string json, Strictness? strictness = null, double? learningRate = null, bool all = false)
    {
        using var output = new StringWriter { NewLine = "\n" };
        strictness ??= new Strictness();
        try
        {
            var verdicts = new Verdicts(strictness, learningRate);
            NotebookFile.Parse("mine.ipynb", Encoding.UTF8.GetBytes(json), byLabel: true).Cells.ForEach(verdicts.Add);
            var exitCode = new Report("mine.ipynb", executedOn: null, strictness, all).Write(output, verdicts);
            return new Outcome(exitCode, output.ToString(), "");
        }
        catch (TroubleException e)
        {
            Assert.InRange(e.Message.Split('\n').Length, 1, 3);
            return new Outcome(2, output.ToString(), e.Message + "\n");
        }
    }
}
