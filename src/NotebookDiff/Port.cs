namespace NotebookDiff;

/// <summary>W and cost before the step of an epoch.</summary>
internal readonly record struct Numbers(float W, float Cost);

/// <summary>The port, run at the settings that a comparison asks for, at each of them once.</summary>
/// <param name="program">The program and the first of its arguments.</param>
internal sealed class Port(string[] program)
{
    /// <summary>The port that the build copied next to this program.</summary>
    internal static string BesideThisProgram { get; } =
        Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "TorchPort.exe" : "TorchPort");

    private const string Remedy = "Name another with --port";

    private readonly Dictionary<(Settings, int, bool), List<string>> _printed = [];
    private readonly Dictionary<Settings, List<Numbers>> _numbers = [];

    /// <summary>What it prints.</summary>
    /// <param name="settings">Its cell and learning rate.</param>
    /// <param name="epochs">Its <c>--epochs</c>.</param>
    /// <param name="last">The last epoch that is needed.</param>
    /// <param name="exact">Whether with nine digits per float.</param>
    /// <exception cref="TroubleException">It cannot be started, fails, or does not print these epochs.</exception>
    internal List<string> Lines(Settings settings, int epochs, int last, bool exact)
    {
        if (_printed.TryGetValue((settings, epochs, exact), out var known) && known.Count > last)
        {
            return known;
        }

        string[] cell = ["--cell", $"{settings.Cell.Label}", "--lr", settings.LearningRate, "--epochs", $"{epochs}"];
        string[] command = [.. program, .. cell, .. exact ? ["--exact"] : Array.Empty<string>()];
        var lines = ChildProcess.Read("the port", Remedy, command, most: last + 1);
        return lines.Count > last
            ? _printed[(settings, epochs, exact)] = lines
            : throw new TroubleException($"the port, {program[0]}, printed no line for epoch {lines.Count}.\n{Remedy}.");
    }

    /// <summary>W and cost from epoch 0 to at least the last one needed.</summary>
    /// <exception cref="TroubleException">It cannot be started, fails, or does not print these epochs.</exception>
    internal List<Numbers> Numbers(Settings settings, int last)
    {
        if (!_numbers.TryGetValue(settings, out var known) || known.Count <= last)
        {
            _numbers[settings] = known = [.. Lines(settings, last, last, exact: true).Select(Computed)];
        }

        return known;
    }

    // Step reads any notebook's lines; the port's own are read faster.
    private static Numbers Computed(string line) =>
        line.Split(" W: ") is [_, var numbers] && numbers.Split(", Cost: ") is [var w, var cost]
            ? new((float)Spelling.Read(w), (float)Spelling.Read(cost))
            : throw new TroubleException($"the port printed a line that is no step: '{TextLines.Visible(line)}'.\n{Remedy}.");
}
