using TorchPort;
using TorchSharp;

namespace NotebookDiff;

/// <summary>A line of the port, with its <c>nb_epochs</c> and its floats.</summary>
internal sealed record PortLine(string Text, int Epochs, float W, float Cost);

/// <summary>The port, which runs in this process.</summary>
internal static class Port
{
    private const int OwnEpochs = 10;
    private const int MostEpochs = 1_000_000;

    /// <summary>The device that the port computes on.</summary>
    internal static torch.Device Device => torch.get_default_device();

    /// <summary>
    /// Runs one of the port's cells up to the last epoch that is needed, and gives its lines by their epoch. At the notebook's
    /// own settings the cell runs as it is written, so that an edit of it shows.
    /// </summary>
    /// <exception cref="TroubleException">So many epochs take too long, or the cell fails.</exception>
    internal static Dictionary<int, PortLine> Run(Settings settings, int epochs, int last, bool exact)
    {
        if (last > MostEpochs || epochs == int.MaxValue)
        {
            var most = Math.Max(epochs, last);
            throw new TroubleException($"epoch {most:N0} is too far. The diff runs up to {MostEpochs:N0} epochs.");
        }

        var lines = new Dictionary<int, PortLine>();
        var format = new PythonFormat(exact);
        var (formula, rate) = (settings.Formula, settings.Rate);
        var notebook = new Notebook(Keep, epochs == OwnEpochs ? null : epochs, rate == formula.OwnRate ? null : rate);
        try
        {
            using var scope = torch.NewDisposeScope();
            CellRunner.Run(
                formula.Label, formula == Formula.ByHand ? notebook.In2_FullCode : notebook.In3_FullCodeWithTorchOptim);
        }
        catch (OperationCanceledException)
        {
            // All the lines that are needed are there.
        }

        return lines;

        void Keep(FormattableString line)
        {
            if (line.GetArguments() is [int epoch, int nb_epochs, float w, float cost])
            {
                lines[epoch] = new(line.ToString(format), nb_epochs, w, cost);
            }

            if (lines.ContainsKey(last))
            {
                throw new OperationCanceledException();
            }
        }
    }
}
