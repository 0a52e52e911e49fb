using System.ComponentModel;
using System.Diagnostics;
using TorchPort;

namespace NotebookDiff;

/// <summary>Runs a notebook on a Python with PyTorch, by run-notebook.py.</summary>
internal static class NotebookRunner
{
    /// <summary>Runs a notebook, and gives it back as JSON with what its cells printed. Python says itself what fails.</summary>
    /// <exception cref="TroubleException">The Python cannot be started, a cell fails, or somebody ended it.</exception>
    internal static byte[] Run(string python, string path, string[] options)
    {
        var runner = Path.Combine(AppContext.BaseDirectory, "run-notebook.py");
        var start = new ProcessStartInfo(python, [runner, "--json", .. options, "--", path]) { RedirectStandardOutput = true };
        try
        {
            using var program = Process.Start(start)!;
            var (isEnded, hasExited) = (false, false);
            Console.CancelKeyPress += (_, pressed) =>
            {
                (pressed.Cancel, isEnded) = (true, true);
                End();
            };

            // A diff that is ended otherwise leaves no notebook running.
            AppDomain.CurrentDomain.ProcessExit += (_, _) => End();
            using var json = new MemoryStream();
            program.StandardOutput.BaseStream.CopyTo(json);
            program.WaitForExit();
            hasExited = true;
            return (isEnded, program.ExitCode, json.ToArray()) switch
            {
                (true, _, _) => throw new TroubleException("ended by Ctrl-C."),
                (_, not 0, _) => throw new TroubleException($"the notebook's run ended with exit code {program.ExitCode}."),
                (_, _, [(byte)'{', ..] bytes) => bytes,
                _ => throw new TroubleException($"'{python}' gave back no notebook. Name a Python with PyTorch with --python."),
            };

            void End()
            {
                if (!hasExited)
                {
                    program.Kill();
                }
            }
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            var why = e is Win32Exception { NativeErrorCode: 2 } ? "there is no such program" : "it is no program";
            throw new TroubleException($"cannot start '{python}': {why}. Name a Python with PyTorch with --python.");
        }
    }
}
