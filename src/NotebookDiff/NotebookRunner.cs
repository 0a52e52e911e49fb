using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using TorchPort;

namespace NotebookDiff;

/// <summary>Runs cells with PyTorch, using run-notebook.py.</summary>
internal static class NotebookRunner
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    /// <summary>Runs cells and returns them with their new output. Python reports errors on stderr itself.</summary>
    internal static (List<Cell> Cells, string? Environment) Run(string python, List<Cell> cells, bool exact)
    {
        string[] options = ["--device", $"{PortTrace.Device}", .. exact ? ["--exact"] : Array.Empty<string>()];
        var input = cells.Select(cell => new { cell.Name, cell.Source, Raised = cell.Error is not null });
        try
        {
            var answer = Ask(python, JsonSerializer.Serialize(input, s_json), options);
            var (outputs, environment) = JsonSerializer.Deserialize<Answer>(answer, s_json)!;
            var run = cells.Zip(outputs, (cell, output) => cell with { Stdout = output, Stderr = "", Error = null });
            return ([.. run], environment);
        }
        catch (Exception e) when (e is Win32Exception or IOException or JsonException)
        {
            var why = e is Win32Exception { NativeErrorCode: 2 } ? "file not found" : "it returned no output";
            throw new CommandFailedException($"cannot run '{python}': {why}. Specify a Python with PyTorch with --python.");
        }
    }

    private static string Ask(string python, string input, string[] options)
    {
        var runner = Path.Combine(AppContext.BaseDirectory, "run-notebook.py");
        using var process = Process.Start(new ProcessStartInfo(python, [runner, .. options])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

        // Don't leave the notebook running if the diff is interrupted.
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => process.Kill());
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => process.Kill());
        using (process.StandardInput)
        {
            process.StandardInput.Write(input);
        }

        var answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? answer
            : throw new CommandFailedException($"the notebook did not run to its end.");
    }

    private sealed record Answer(string[] Outputs, string Environment);
}
