namespace NotebookDiff;

/// <summary>Finds the settings at which the port computes what a run of the notebook computed.</summary>
/// <param name="port">The port.</param>
/// <param name="exact">Whether the notebook printed nine digits per float. Numbers are compared to the last bit then.</param>
internal sealed class Comparer(Port port, bool exact)
{
    // So many epochs tell which settings fit. Only those are run to the end.
    private const int Beginning = 2000;

    /// <summary>Compares a run with the port.</summary>
    /// <param name="run">The run.</param>
    /// <param name="settings">The settings to try, those of the run's own code first.</param>
    internal Comparison Compare(Run run, List<Settings> settings)
    {
        var beginning = run with { Steps = [.. run.Steps.TakeWhile((step, i) => i == 0 || step.Epoch <= Beginning)] };
        var isLong = run.Steps.Count > beginning.Steps.Count;
        var mayBeIdentical = !isLong || InWords(beginning, settings[0], Alignment.Same).AllEqual;
        if (mayBeIdentical && IsIdentical(run, settings[0]))
        {
            var expected = run.Steps.Select(step => new ExpectedNumbers(step.W.Text, step.Cost.Text));
            return new(run, settings[0], Alignment.Same, [.. expected], IsIdentical: true);
        }

        var alignments = Alignment.ToTry(run.First);
        var best = Best(settings.SelectMany(tried => alignments.Select(alignment => InWords(beginning, tried, alignment))));
        if (best.Equal * 2 <= best.Expected.Count)
        {
            best = InWords(beginning, settings[0], Alignment.Same);
        }

        if (isLong)
        {
            best = InWords(run, best.Settings, best.Alignment);
        }

        return best with { IsIdentical = best.AllEqual && best.Settings != settings[0] && IsIdentical(run, best.Settings) };
    }

    // The first of those with the most equal steps; none can have more than all.
    private static Comparison Best(IEnumerable<Comparison> comparisons)
    {
        Comparison? best = null;
        foreach (var comparison in comparisons)
        {
            best = best is null || comparison.Equal > best.Equal ? comparison : best;
            if (best.AllEqual)
            {
                break;
            }
        }

        return best!;
    }

    private bool IsIdentical(Run run, Settings settings)
    {
        var lines = port.Lines(settings, run.Epochs, run.Last, exact);
        return run.Steps.All(step => step.Text == lines[step.Epoch]);
    }

    private Comparison InWords(Run run, Settings settings, Alignment alignment)
    {
        var numbers = port.Numbers(settings, run.Last + 1);
        var w = new Spelling([.. run.Steps.Select(step => step.W.Text)]);
        var cost = new Spelling([.. run.Steps.Select(step => step.Cost.Text)]);
        var expected = run.Steps.Select(step => new ExpectedNumbers(
            Spell(w, step.W.Text, numbers[step.Epoch + alignment.W].W),
            Spell(cost, step.Cost.Text, numbers[step.Epoch + alignment.Cost].Cost)));
        return new(run, settings, alignment, [.. expected], IsIdentical: false);
    }

    // With nine digits a number tells its float, whatever format it is in.
    private string Spell(Spelling spelling, string number, float value)
    {
        if (!exact)
        {
            return spelling.Spell(value, number);
        }

        var isSame = ((float)Spelling.Read(number)).Equals(value);
        return isSame ? number : Spelling.Exact(value);
    }
}
