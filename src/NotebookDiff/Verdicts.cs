namespace NotebookDiff;

/// <summary>The verdicts on a notebook, cell by cell.</summary>
internal sealed class Verdicts(ComparisonOptions options)
{
    private readonly List<CellCode> _previousCells = [];

    internal List<(Cell Cell, Verdict Verdict)> All { get; } = [];

    /// <summary>The number of lines in each cell that are not steps.</summary>
    internal List<(Cell Cell, int Count)> OtherLines { get; } = [];

    /// <summary>Whether a learning rate was given, but no run was compared at it.</summary>
    internal bool IgnoresGivenRate => options.LearningRate is { } given
        && !All.Exists(judged => judged.Verdict.Comparison?.Settings.LearningRate == given);

    /// <summary>Judges the cells that were run, with their output, and then the notebook's other cells.</summary>
    internal static Verdicts Judge(NotebookFile notebook, List<Cell> cells, ComparisonOptions options)
    {
        var verdicts = new Verdicts(options);
        cells.ForEach(verdicts.Judge);
        var notRun = notebook.Cells.ExceptBy(cells.Select(cell => cell.Name), cell => cell.Name);
        var training = notRun.Where(cell => new CellCode(cell.Source, verdicts._previousCells).Trains);
        verdicts.All.AddRange(training.Select(cell => (cell, Wording.NotRun)));
        return verdicts;
    }

    private void Judge(Cell cell)
    {
        var code = new CellCode(cell.Source, _previousCells);
        _previousCells.Add(code);
        var lines = cell.GetLines().Select(PrintedStep.Parse).ToList();
        OtherLines.Add((cell, lines.Count(step => step is null)));
        Verdict? verdict = null;
        foreach (var run in PrintedRun.FindAll(lines.OfType<PrintedStep>().Where(step => !step.IsOtherModel)))
        {
            verdict = new RunJudge(run, code, options).Judge(verdict);
            All.Add((cell, verdict));
        }

        var otherModelLines = lines.Count(step => step is { IsOtherModel: true });
        var other = otherModelLines > 0 ? Wording.OtherModel(otherModelLines)
            : verdict is null ? FindUnreadable(cell, code)
            : null;
        if (other is not null)
        {
            All.Add((cell, other));
        }
    }

    // Returns a verdict on a cell that trains, or seems to, but printed no steps; otherwise null.
    private static Verdict? FindUnreadable(Cell cell, CellCode code)
    {
        var unnamed = cell.GetLines().Count(PrintedStep.IsUnnamedStep);
        var onStderr = cell.GetErrorLines().Count(line => PrintedStep.Parse(line) is not null);
        return unnamed > 1 ? Wording.Unnamed(unnamed)
            : onStderr > 0 ? Wording.OnStderr(onStderr)
            : cell.Stdout.Length == 0 && code.Trains ? Wording.NoOutput
            : null;
    }
}
