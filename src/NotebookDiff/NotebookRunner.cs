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
    /// <exception cref="TroubleException">Python cannot be started, or a cell fails.</exception>
    internal static (List<Cell> Cells, string Environment) Run(string python, List<Cell> cells, string[] options)
    {
        var input = cells.Select(cell => new { cell.Name, cell.Source, Raised = cell.Error is not null });
        var answer = Ask(python, JsonSerializer.Serialize(input, s_json), options);
        try
        {
            var (outputs, environment) = JsonSerializer.Deserialize<Answer>(answer, s_json)!;
            var lines = outputs.Select(TextLines.Split);
            var run = cells.Zip(lines, (cell, lines) => cell with { Lines = lines, ErrorLines = [], Error = null });
            return ([.. run], environment);
        }
        catch (JsonException)
        {
            throw new TroubleException($"'{python}' returned no output. Specify a Python with PyTorch with --python.");
        }
    }

    private static string Ask(string python, string input, string[] options)
    {
        var start = new ProcessStartInfo(python, [Path.Combine(AppContext.BaseDirectory, "run-notebook.py"), .. options])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Start(start);

        // Don't leave the notebook running if the diff is interrupted.
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => process.Kill());
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => process.Kill());
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read everything. Its exit code or its answer tells the rest.
        }

        var answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? answer
            : throw new TroubleException($"the notebook failed with exit code {process.ExitCode}.");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            var why = e is Win32Exception { NativeErrorCode: 2 } ? "file not found" : "it is not executable";
            throw new TroubleException($"cannot start '{start.FileName}': {why}. Specify a Python with PyTorch with --python.");
        }
    }

    private sealed record Answer(string[] Outputs, string Environment);
}
