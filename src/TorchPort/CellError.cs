using System.Diagnostics;

namespace TorchPort;

/// <summary>Runs a cell of the notebook, and says in a line what it threw.</summary>
internal static class CellError
{
    /// <summary>Runs the cell of a label.</summary>
    /// <exception cref="TroubleException">
    /// The cell threw. The message has its label, the line of Notebook.cs where the build knows it, and what was thrown.
    /// </exception>
    internal static void Explain(int label, Action cell)
    {
        try
        {
            cell();
        }
        // The first two come from the program's own print: stdout takes nothing, or no more lines are needed.
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException or OperationCanceledException))
        {
            var line = new StackTrace(e, fNeedFileInfo: true).GetFrames().FirstOrDefault(IsOfNotebook)?.GetFileLineNumber();
            var place = line > 0 ? $", line {line} of Notebook.cs" : "";
            throw new TroubleException($"In [{label}]{place}: {e.Message.Split('\n')[0].Trim()}");
        }
    }

    private static bool IsOfNotebook(StackFrame frame) =>
        DiagnosticMethodInfo.Create(frame)?.DeclaringTypeName == typeof(Notebook).FullName;
}
