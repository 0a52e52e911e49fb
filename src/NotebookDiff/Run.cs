namespace NotebookDiff;

/// <summary>The steps that one training printed, with rising epochs.</summary>
/// <param name="Cell">The cell that printed them.</param>
/// <param name="Place">Which of the cell's runs it is, from 0.</param>
/// <param name="Steps">Its steps, at least one.</param>
internal sealed record Run(Cell Cell, int Place, IReadOnlyList<Step> Steps)
{
    /// <summary>The first epoch that was printed.</summary>
    internal int First => Steps[0].Epoch;

    /// <summary>The last epoch that was printed.</summary>
    internal int Last => Steps[^1].Epoch;

    /// <summary>The number behind the slash, or the last epoch if that is larger.</summary>
    internal int Epochs => Math.Max(Steps[^1].Epochs ?? 0, Last);

    /// <summary>
    /// Finds the runs of a cell. Where the epochs start over, a new run starts. A second line for the same epoch is skipped.
    /// </summary>
    /// <param name="cell">The cell.</param>
    /// <param name="ofAnotherModel">How many of its lines are steps of another model.</param>
    internal static List<Run> Of(Cell cell, out int ofAnotherModel)
    {
        ofAnotherModel = 0;
        var runs = new List<List<Step>>();
        for (var i = 0; i < cell.Lines.Count; i++)
        {
            var step = Step.Read(i, cell.Lines[i], out var another);
            ofAnotherModel += another ? 1 : 0;
            var last = runs.LastOrDefault()?[^1].Epoch;
            if (step is null || step.Epoch == last)
            {
                continue;
            }

            if (last is null || step.Epoch < last)
            {
                runs.Add([]);
            }

            runs[^1].Add(step);
        }

        return [.. runs.Select((steps, place) => new Run(cell, place, steps))];
    }
}
