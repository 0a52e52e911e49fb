using TorchPort;
using TorchSharp;

namespace NotebookDiff;

/// <summary>A line of the port.</summary>
/// <param name="Text">The line.</param>
/// <param name="W">Its W.</param>
/// <param name="Cost">Its cost.</param>
internal sealed record PortLine(string Text, float W, float Cost);

/// <summary>The port, which runs in this process.</summary>
internal static class Port
{
    private const int MostEpochs = 1_000_000;
    private const int OwnEpochs = 10;

    /// <summary>Loads libtorch, and chooses the device.</summary>
    /// <param name="device">A word that <see cref="DeviceChoice.IsDevice"/> takes.</param>
    /// <exception cref="TroubleException">libtorch will not load, or there is no such device.</exception>
    internal static void Load(string device)
    {
        Backend.Load();
        torch.set_default_device(DeviceChoice.Choose(device));
    }

    /// <summary>The device that the port computes on.</summary>
    internal static torch.Device Device => torch.get_default_device();

    /// <summary>
    /// Runs one of the port's cells. Where it is to run as the notebook has it, it runs as it is written, so that an edit of it
    /// shows.
    /// </summary>
    /// <param name="settings">The cell, and the learning rate.</param>
    /// <param name="epochs">The cell's <c>nb_epochs</c>.</param>
    /// <param name="last">The last epoch that is needed.</param>
    /// <param name="exact">Whether to write nine digits for each float.</param>
    /// <returns>The lines by their epoch.</returns>
    /// <exception cref="TroubleException">So many epochs take too long, or the cell fails.</exception>
    internal static Dictionary<int, PortLine> Run(Settings settings, int epochs, int last, bool exact)
    {
        var label = settings.Formula.Label;
        if (last > MostEpochs)
        {
            throw new TroubleException($"epoch {last:N0} is too far. The diff runs up to {MostEpochs:N0} epochs.");
        }

        var lines = new Dictionary<int, PortLine>();
        var format = new PythonFormat(exact);
        var notebook = new Notebook(
            Keep,
            epochs == OwnEpochs ? null : epochs,
            settings.Rate == settings.Formula.OwnRate ? null : settings.Rate);
        try
        {
            using var scope = torch.NewDisposeScope();
            CellError.Explain(label, label == 2 ? notebook.In2_FullCode : notebook.In3_FullCodeWithTorchOptim);
        }
        catch (OperationCanceledException)
        {
            // All the lines that are needed are there.
        }

        return lines;

        void Keep(FormattableString line)
        {
            lines[Value<int>(0)] = new(line.ToString(format), Value<float>(2), Value<float>(3));
            if (lines.ContainsKey(last))
            {
                throw new OperationCanceledException();
            }

            T Value<T>(int i) => line.ArgumentCount > i && line.GetArgument(i) is T value
                ? value
                : throw new TroubleException("prints a line without an epoch, nb_epochs, W and a cost, in this order");
        }
    }
}
