using System.Globalization;
using TorchPort;
using TorchSharp;

namespace NotebookDiff;

/// <summary>Says what came out, and chooses the exit code. A notebook that was not executed is read as recorded.</summary>
internal sealed class Report(string name, string? executedOn, Strictness strictness, bool all)
{
    private const int Shown = 20;

    /// <summary>Writes the verdicts, the lines that differ, and what was not compared.</summary>
    /// <returns>The exit code: 0 where every run of this exercise is the same, else 1.</returns>
    /// <exception cref="TroubleException">There is no run of this exercise.</exception>
    internal int Write(TextWriter output, Verdicts verdicts)
    {
        var width = verdicts.All.Select(verdict => verdict.Cell.Name.Length).DefaultIfEmpty().Max();
        var differing = verdicts.Runs.FindAll(run => !run.Comparison.IsAccepted || !run.Settings.IsSure);
        var lines =
            from verdict in verdicts.All
            from line in Below(verdict).Prepend($"{verdict.Cell.Name.PadRight(width)}  {Sentence(verdict)}")
            select line;
        foreach (var line in lines.Concat(Notes(verdicts, differing)))
        {
            output.WriteLine(line);
        }

        if (verdicts.Runs.Count == 0)
        {
            throw new TroubleException($"{name} has nothing to compare: {WhyNothing(verdicts)}");
        }

        return differing.Count == 0 && verdicts.Silent.Count == 0 ? 0 : 1;
    }

    private string Sentence(Verdict verdict) => verdict switch
    {
        Compared compared => Sentence(compared),
        NotCompared { Why: var why } => $"not compared: {why}",
        _ when verdict.Cell.Lines.Count > 0 => "trains, but none of its lines has an epoch, a W and a cost",
        _ => $"trains, but {(executedOn is null ? "recorded" : "printed")} nothing",
    };

    // SGD, lr 0.15, epochs 0 to 10: 1 of 11 lines differs, at epoch 4
    private string Sentence(Compared compared)
    {
        var (run, settings) = (compared.Comparison.Run, compared.Comparison.Settings);
        var rate = Rate(settings.Rate) + (compared.Settings.IsSure ? "" : " (a guess)");
        var to = run.Last < run.Epochs - 1 ? $"{run.Last} of {run.Epochs}" : $"{run.Last}";
        var epochs = run.Steps.Count == 1 ? $"epoch {to}" : $"epochs {run.First} to {to}";
        return $"{compared.Settings.Method(settings.Formula)}, lr {rate}, {epochs}: {Outcome(compared.Comparison)}";
    }

    private string Outcome(Comparison comparison)
    {
        var run = comparison.Run;
        var count = TextLines.Count(run.Steps.Count);
        var lines = run.Flaw is { } flaw ? $"{count}, {flaw}" : count;
        var how = comparison.Settings.Alignment.Words is { Length: > 0 } words ? $"{words}, " : "";
        var (bits, within, by) = (strictness.Exact ? "bits" : "numbers", "", "");
        if (strictness.Tolerance is { } tolerance)
        {
            (within, by) = ($" within {tolerance}", $" by more than {tolerance}");
        }

        return comparison switch
        {
            { IsIdentical: true } => $"identical{(strictness.Exact ? " to the last bit" : "")}, {lines}",
            { Differing: [], OtherEpochs: { } others } => $"the port trains for {others} epochs, and not for {run.Epochs}",
            { Differing: [] } when how.Length > 0 || within.Length > 0 => $"same {bits}{within}, {how}{lines}",
            { Differing: [] } => $"same {bits}, different wording, {lines}",
            { Differing: [var only] } => $"{how}1 of {count} differs{by}, at epoch {only.Epoch}{Apart(comparison)}",
            { Differing: [var first, ..] differing } =>
                $"{how}{differing.Count} of {count} differ{by}, first at epoch {first.Epoch}{Apart(comparison)}",
        };
    }

    private string Apart(Comparison comparison) => (strictness.Exact ? comparison.LargestDistance() : null) switch
    {
        null => "",
        1 => ", at most 1 unit in the last place apart",
        var units => $", at most {units} units in the last place apart",
    };

    // The lines that differ in pairs, the notebook's and the port's; where only words do, the first pair.
    private IEnumerable<string> Below(Verdict verdict)
    {
        if (verdict is not Compared { Comparison: var comparison } compared)
        {
            yield break;
        }

        var (cell, differing) = (verdict.Cell.Name, comparison.Differing);
        var inOtherWords = comparison.Run.Steps.Where(step => step.Text != comparison.Line(step));
        var onlyWords = differing.Count == 0 && comparison.Settings.Alignment == Alignment.Same;
        var pairs = onlyWords
            ? inOtherWords.Take(1).Select(step => (step.Text, Port: comparison.Line(step)!))
            : differing.Take(all ? differing.Count : Shown).Select(step => (step.Text, Port: comparison.InWords(step)));
        var header = $"--- {TextLines.Visible(name)}, {cell}\n+++ the port\n";
        foreach (var (text, port) in pairs)
        {
            yield return $"{header}-{TextLines.Visible(text)}\n+{TextLines.Visible(port)}";
            header = "";
        }

        if (!all && differing.Count > Shown)
        {
            yield return $"... --all shows all {differing.Count} lines that differ";
        }

        if (compared.Others is { Settings: var others } && differing.Count > 0)
        {
            var rounding = compared.Others.Differing.Count > 0 ? ", but for rounding" : "";
            yield return others.Rate == 0
                ? $"W stays at 0 in {cell}: no step is taken."
                : $"The numbers of {cell} are those of {others.Formula.Words} at lr {Rate(others.Rate)}{rounding}.";
        }
    }

    private IEnumerable<string> Notes(Verdicts verdicts, List<Compared> differing)
    {
        if (verdicts.OtherLines.Count > 0)
        {
            var others = verdicts.OtherLines.ConvertAll(lines => $"{TextLines.Count(lines.Count)} of {lines.Cell.Name}");
            var sum = $"{verdicts.OtherLines.Sum(lines => lines.Count)} lines of {others.Count} cells";
            yield return $"Not compared: {(others.Count > 5 ? sum : string.Join(", ", others))}";
        }

        foreach (var cell in verdicts.All.Select(verdict => verdict.Cell).Where(cell => cell.Error is not null).Distinct())
        {
            yield return $"{cell.Name} ended in an error: {TextLines.Visible(cell.Error!)}";
        }

        if (differing.Count > 0 && differing.TrueForAll(run => run.Comparison is { HasSameNumbers: true, IsIdentical: false }))
        {
            yield return "--numbers ignores the wording.";
        }

        if (differing.Exists(run => !run.Settings.IsSure))
        {
            yield return "The code leaves doubt about its learning rate. Give it with --lr.";
        }

        string?[] with = [executedOn, Port.Device.type == DeviceType.CPU ? null : $"the port on {Port.Device}"];
        if (verdicts.Runs.Count > 0 && with.OfType<string>().Any())
        {
            yield return $"Compared with {string.Join(", ", with.OfType<string>())}";
        }
    }

    private string WhyNothing(Verdicts verdicts)
    {
        var hasEmpty = verdicts.Silent.Exists(verdict => verdict.Cell.Lines.Count == 0);
        const string Wanted = "a printed line with an epoch, one weight W and a cost, like 'Epoch 0/10 W: 0.000, Cost: 4.666667'";
        return (hasEmpty, executedOn) switch
        {
            (true, null) => "a cell that trains recorded nothing.\nRun it in Jupyter and save it, or here with --execute.",
            (true, _) => "a cell that trains printed nothing of it.",
            _ => $"it has no training of this exercise.\nLooked for {Wanted}.",
        };
    }

    private static string Rate(double rate) => rate.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
}
