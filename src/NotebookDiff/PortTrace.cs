using System.Diagnostics;
using System.Runtime.CompilerServices;
using TorchPort;
using TorchSharp;

namespace NotebookDiff;

/// <summary>The lines that the port prints, which runs in this process.</summary>
internal sealed class PortTrace(TrainingSettings settings, int epochs, int last, bool exact)
{
    private const int DefaultEpochs = 10;
    private const int MaxEpochs = 1_000_000;
    private const int StillEpochs = 100;

    private readonly Dictionary<int, (float W, float Cost)> _numbers = [];
    private readonly PythonFormat _format = new(exact);
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private FormattableString? _line;
    private int _lastPrinted;
    private int _stillSince;
    private int _secondsToProgress = 2;

    internal static torch.Device Device => torch.get_default_device();

    /// <summary>The port's epoch count if it differs from the notebook's; otherwise null.</summary>
    internal int? OtherEpochs => Epochs == epochs ? null : Epochs;

    // The nb_epochs of the last line, if any.
    private int? Epochs => (int?)_line?.GetArgument(1);

    // W and the cost have kept their bits for so long that they keep them ever after.
    private bool IsStill => _lastPrinted - _stillSince >= StillEpochs;

    /// <summary>
    /// Runs one of the port's cells up to the last epoch that a run needs. With the notebook's own settings, the cell runs as
    /// written, so that an edit to it is detected.
    /// </summary>
    internal static PortTrace Run(PrintedRun run, TrainingSettings settings, bool exact)
    {
        var (method, rate, alignment) = settings;
        var last = run.LastEpoch + Math.Max(alignment.W, alignment.Cost);
        var epochs = Math.Max(run.Epochs, last);
        if (last > MaxEpochs || epochs == int.MaxValue)
        {
            throw new CommandFailedException($"epoch {epochs:N0} exceeds the limit of {MaxEpochs:N0} epochs.");
        }

        var trace = new PortTrace(settings, epochs, last, exact);
        int? otherEpochs = epochs == DefaultEpochs ? null : epochs;
        double? otherRate = rate == method.DefaultRate ? null : rate;
        var notebook = new Notebook(trace.OnLine, otherEpochs, otherRate);
        try
        {
            using var scope = torch.NewDisposeScope();
            CellRunner.Run(method.Cell, method.Cell == 2 ? notebook.In2_FullCode : notebook.In3_FullCodeWithTorchOptim);
        }
        catch (OperationCanceledException)
        {
            // All needed lines have been printed.
        }

        return trace;
    }

    /// <summary>Returns the port's W and cost for a step, or null if the port does not print them.</summary>
    internal (float W, float Cost)? NumbersFor(PrintedStep step)
    {
        var w = NumbersAt(step.Epoch + settings.Alignment.W)?.W;
        var cost = NumbersAt(step.Epoch + settings.Alignment.Cost)?.Cost;
        return w is not null && cost is not null ? (w.Value, cost.Value) : null;
    }

    /// <summary>Returns the line of an epoch, or null if the port does not print it.</summary>
    internal string? FormatLine(int epoch) => _line is not null && NumbersAt(epoch) is var (w, cost)
        ? FormattableStringFactory.Create(_line.Format, epoch, Epochs, w, cost).ToString(_format)
        : null;

    private (float W, float Cost)? NumbersAt(int epoch) =>
        _numbers.TryGetValue(IsStill ? Math.Min(epoch, _lastPrinted) : epoch, out var numbers) ? numbers : null;

    private void OnLine(FormattableString line)
    {
        if (line.GetArguments() is not [int epoch, int nb_epochs, float w, float cost])
        {
            return;
        }

        // Equals, unlike ==, treats NaN as equal to itself.
        var isSame = NumbersAt(_lastPrinted)?.Equals((w, cost)) ?? false;
        _stillSince = isSame ? _stillSince : epoch;
        _lastPrinted = epoch;
        _numbers[epoch] = (w, cost);
        _line = line;
        if (epoch >= last || IsStill)
        {
            throw new OperationCanceledException();
        }

        if (epoch % 1000 == 0 && _time.Elapsed.TotalSeconds > _secondsToProgress && !Console.IsErrorRedirected)
        {
            StandardStreams.WriteError($"In [{settings.Method.Cell}]: epoch {epoch:N0} of {Math.Min(last, nb_epochs):N0}");
            _secondsToProgress *= 2;
        }
    }
}
