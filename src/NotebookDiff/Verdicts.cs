namespace NotebookDiff;

/// <summary>What is said of a training, or of a cell that trains this model and printed no line of it.</summary>
internal record Verdict(Cell Cell);

/// <summary>A run was compared with the port; where its own settings do not explain it, with others that do.</summary>
internal sealed record Compared(Cell Cell, Comparison Comparison, OwnSettings Settings, Comparison? Others) : Verdict(Cell);

/// <summary>A training was not compared, and why.</summary>
internal sealed record NotCompared(Cell Cell, string Why) : Verdict(Cell);

/// <summary>The verdicts on a notebook, cell by cell. The learning rate is for code that leaves doubt about its own.</summary>
internal sealed class Verdicts(Strictness strictness, double? learningRate)
{
    // Several settings may explain a run, by hand with 0.1 and SGD with 0.15 for instance: the port's last digit tells which.
    private const int MostTies = 8;

    private readonly List<string> _before = [];

    internal List<Verdict> All { get; } = [];
    internal List<Compared> Runs => [.. All.OfType<Compared>()];
    internal List<Verdict> Silent => All.FindAll(verdict => verdict is not (Compared or NotCompared));

    /// <summary>The lines that are no steps: of which cell, and how many.</summary>
    internal List<(Cell Cell, int Count)> OtherLines { get; } = [];

    /// <summary>Compares the runs of a cell.</summary>
    /// <exception cref="TorchPort.TroubleException">The port cannot be run.</exception>
    internal void Add(Cell cell)
    {
        var source = CellCode.WithoutTexts(cell.Source);
        var code = new CellCode(source, _before);
        var runs = PrintedRun.Of(cell, out var ofAnotherModel, out var others);
        var trainings = runs.Count(run => !run.TellsAgain);
        All.AddRange(runs.Select(run => Judge(run, trainings, code)));
        if (ofAnotherModel > 0)
        {
            var lines = TextLines.Count(ofAnotherModel);
            All.Add(new NotCompared(cell, $"another model, with a bias or more weights or costs, {lines}"));
        }
        else if (runs.Count == 0 && code.Trains)
        {
            All.Add(new Verdict(cell));
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
        var fits = own.Best[0].Misses(run) == 0;
        var why = own.NotTaken is { } rate ? $"lr {rate:R}, which the port does not take"
            : Exercise.WhyNot(run, own.Best[0]) is { } another ? another
            : code.NotInPort(fits) is { } other ? $"{other}, which the port does not have"
            : null;
        if (why is not null)
        {
            return new NotCompared(run.Cell, why);
        }

        return new Compared(run.Cell, Closest(run, own.Best)!, own, fits ? null : Closest(run, own.Others()));
    }

    private Comparison? Closest(PrintedRun run, IEnumerable<Settings> settings) => settings
        .Take(MostTies)
        .Select(each => new Comparison(run, each, strictness))
        .MinBy(comparison => comparison.IsIdentical ? -1 : comparison.Differing.Count);
}
