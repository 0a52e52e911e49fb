using TorchPort;

namespace NotebookDiff;

/// <summary>What is said of a training, or of lines of a cell.</summary>
internal abstract record Verdict(Cell Cell);

/// <summary>A run was compared with the port.</summary>
internal sealed record Compared(Cell Cell, Comparison Comparison, OwnSettings Settings, Comparison? Others) : Verdict(Cell);

/// <summary>A training was not compared, and why.</summary>
internal sealed record NotCompared(Cell Cell, string Why) : Verdict(Cell);

/// <summary>A cell trains this model, and printed no line of it.</summary>
internal sealed record Silent(Cell Cell) : Verdict(Cell);

/// <summary>The verdicts on a notebook, cell by cell. The learning rate is for code that names none.</summary>
internal sealed class Verdicts(Strictness strictness, double? learningRate)
{
    // Several settings may explain a run, by hand with 0.1 and SGD with 0.15 for instance: the port's last digit tells which.
    private const int MostTies = 8;

    private readonly List<string> _before = [];

    /// <summary>The verdicts.</summary>
    internal List<Verdict> All { get; } = [];

    /// <summary>The lines that are no steps: of which cell, and how many.</summary>
    internal List<(Cell Cell, int Count)> OtherLines { get; } = [];

    /// <summary>Whether the given learning rate was used.</summary>
    internal bool UsedLearningRate { get; private set; }

    /// <summary>Compares the runs of a cell.</summary>
    /// <exception cref="TroubleException">The port cannot be run.</exception>
    internal void Add(Cell cell)
    {
        var source = PythonCode.WithoutComments(cell.Source);
        var code = new CellCode(source, _before);
        var runs = PrintedRun.Of(cell, out var ofAnotherModel, out var others);
        var trainings = runs.Count(run => !run.TellsAgain);
        All.AddRange(runs.Select(run => Judge(run, trainings, code)));
        if (ofAnotherModel > 0)
        {
            const string Why = "another model, with a bias or more weights or costs";
            All.Add(new NotCompared(cell, $"{Why}, {TextLines.Count(ofAnotherModel)}"));
        }
        else if (runs.Count == 0 && code.Trains)
        {
            All.Add(new Silent(cell));
        }

        if (others > 0)
        {
            OtherLines.Add((cell, others));
        }

        _before.Add(source);
    }

    private Verdict Judge(PrintedRun run, int trainings, CellCode code)
    {
        var own = new OwnSettings(run, trainings, code, learningRate);
        var why = own.NotTaken is { } rate ? $"lr {rate:R}, which the port does not take" : WhyNotThisExercise(run, own);
        if (why is null && code.NotInPort(fits: own.Best[0].Misses == 0) is { } other)
        {
            why = $"{other}, which the port does not have";
        }

        if (why is not null)
        {
            return new NotCompared(run.Cell, why);
        }

        UsedLearningRate |= own.UsesGiven;
        var best = Best(own.Best.Take(MostTies).Select(fit => new Comparison(run, fit, strictness)));
        return new Compared(run.Cell, best, own, own.Best[0].Misses > 0 ? Others(run, own) : null);
    }

    private static Comparison Best(IEnumerable<Comparison> comparisons)
    {
        Comparison? best = null;
        foreach (var comparison in comparisons)
        {
            best = best is null || comparison.Differing.Count < best.Differing.Count ? comparison : best;
            if (comparison.IsIdentical)
            {
                return comparison;
            }
        }

        return best!;
    }

    // A run is known by its numbers: at its own settings, or, at any learning rate, by where it begins and by its curve.
    private static string? WhyNotThisExercise(PrintedRun run, OwnSettings own)
    {
        var fit = own.Best[0];
        var isOneLineOff = run.Steps.Count > 1 && fit.Misses <= 1
            && Exercise.ExplainsW(fit.Settings, fit.Alignment, run.Steps[0]);
        if (run.First > 1 || isOneLineOff || Exercise.ExplainsMost(fit.Settings, fit.Alignment, run))
        {
            return null;
        }

        var begins = Exercise.BeginsAtFirstCost(run);
        var off = Exercise.OffCurve(run);
        var costs = $"its cost begins at {run.Steps[0].Cost.Text} and this exercise's at {Exercise.FirstCost:F6}";
        return off switch
        {
            null when begins && Exercise.StartsElsewhere(run) => $"another start, W = {run.Steps[0].W.Text}",
            null when begins => null,
            null => $"another start, {costs}",
            _ when !begins => $"other data or another model, {costs}",
            _ => $"other data or another model, at epoch {off.Epoch} its cost is {off.Cost.Text} and W is {off.W.Text}, "
                + $"where this exercise's cost is {Exercise.CostAt(off.W.Value):F6}",
        };
    }

    // The code's own settings do not fit: others may.
    private Comparison? Others(PrintedRun run, OwnSettings own)
    {
        var others = own.Others().Take(2).ToList();
        return others.Count > 0 ? Best(others.Select(fit => new Comparison(run, fit, strictness))) : null;
    }
}
