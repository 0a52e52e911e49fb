using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using TorchPort;

namespace NotebookDiff;

/// <summary>Runs a notebook on a Python with PyTorch, by run-notebook.py.</summary>
internal static class NotebookRunner
{
    /// <summary>Runs a notebook.</summary>
    /// <param name="python">The Python.</param>
    /// <param name="path">The notebook.</param>
    /// <param name="options">Options of run-notebook.py.</param>
    /// <returns>The notebook with what its cells printed, as JSON.</returns>
    /// <exception cref="TroubleException">The Python cannot be started, a cell fails, or somebody ended it.</exception>
    internal static string Run(string python, string path, params string[] options)
    {
        var runner = Path.Combine(AppContext.BaseDirectory, "run-notebook.py");
        var start = new ProcessStartInfo(python, [runner, "--json", .. options, "--", path])
        {
            RedirectStandardOutput = true,
            StandardOutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        try
        {
            using var program = Process.Start(start)!;
            var isEnded = false;
            ConsoleCancelEventHandler end = (_, pressed) =>
            {
                (pressed.Cancel, isEnded) = (true, true);
                program.Kill();
            };
            Console.CancelKeyPress += end;
            var json = program.StandardOutput.ReadToEnd();
            program.WaitForExit();
            Console.CancelKeyPress -= end;
            return isEnded ? throw new TroubleException("ended by Ctrl-C.")
                : program.ExitCode != 0 ? throw new TroubleException($"the notebook's run ended with exit code {program.ExitCode}.")
                : json;
        }
        catch (Win32Exception e)
        {
            const string Cure = "Name a Python with PyTorch with --python.";
            throw new TroubleException($"the notebook's run cannot be started, '{python}': {e.Message}\n{Cure}");
        }
    }
}
