using System.Diagnostics;

namespace TorchPort;

internal static class CellRunner
{
    /// <summary>Runs a notebook cell. Turns an exception into a one-line error with its line number in Notebook.cs.</summary>
    internal static void Run(int executionCount, Action cell)
    {
        try
        {
            cell();
        }
        // The excluded exceptions come from the print callback: stdout failed, or no more lines are needed.
        catch (Exception e) when (e is not (CommandFailedException or OperationCanceledException))
        {
            var frames = new StackTrace(e, fNeedFileInfo: true).GetFrames();
            var frame = frames.FirstOrDefault(frame => Path.GetFileName(frame.GetFileName()) == "Notebook.cs");
            var location = frame is null ? "" : $", line {frame.GetFileLineNumber()} of Notebook.cs";
            throw new CommandFailedException($"In [{executionCount}]{location}: {e.Message.Split('\n')[0].Trim()}");
        }
    }
}
