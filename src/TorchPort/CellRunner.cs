using System.Diagnostics;

namespace TorchPort;

internal static class CellRunner
{
    /// <summary>Runs a cell of the notebook. What it throws is told in one line, with its place in Notebook.cs.</summary>
    internal static void Run(int label, Action cell)
    {
        try
        {
            cell();
        }
        // The first two come from the program's own print: stdout takes nothing, or no more lines are needed.
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException or OperationCanceledException))
        {
            var frames = new StackTrace(e, fNeedFileInfo: true).GetFrames();
            var own = frames.FirstOrDefault(frame => Path.GetFileName(frame.GetFileName()) == "Notebook.cs");
            var place = own is null ? "" : $", line {own.GetFileLineNumber()} of Notebook.cs";
            throw new TroubleException($"In [{label}]{place}: {e.Message.Split('\n')[0].Trim()}");
        }
    }
}
